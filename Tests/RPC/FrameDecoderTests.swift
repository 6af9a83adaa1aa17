import Network
import Testing

@testable import RPC

/// The frame of the page's example, and all that is no frame.
struct FrameDecoderTests {
  /// `protos/WIRE.md`, By hand.
  static let example: [UInt8] = [
    0x00, 0x00, 0x00, 0x17, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x4d, 0x88, 0x38, 0x8d,
    0x00, 0x00, 0x00, 0x07, 0x08, 0xd0, 0x0f, 0x12, 0x02, 0x72, 0x31,
  ]

  let decoder = FrameDecoder(lengthBytesMax: 4096)

  /// What the decoder says, with the frame's body copied.
  enum Said: Equatable {
    case frame(FrameKind, flags: UInt8, call: UInt32, method: UInt32, body: [UInt8], bytes: Int)
    case incomplete(Int)
    case failure(FrameError)
  }

  func decode(_ bytes: [UInt8]) -> Said {
    bytes.withUnsafeBytes { buffer in
      switch decoder.decode(buffer) {
      case .frame(let frame, let bytes):
        .frame(
          frame.kind, flags: frame.flags, call: frame.callID, method: frame.methodID,
          body: Array(frame.body), bytes: bytes)
      case .incomplete(let needed): .incomplete(needed)
      case .failure(let error): .failure(error)
      }
    }
  }

  func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
    var bytes = Self.example
    bytes[index] = value
    return bytes
  }

  @Test func exampleOfThePageIsARequest() {
    let expected = Said.frame(
      .request, flags: 0, call: 1, method: 0x4d88_388d, body: Array(Self.example[16...]), bytes: 27)
    #expect(decode(Self.example) == expected)
  }

  @Test func encoderWritesTheExample() {
    var buffer = ByteBuffer()
    let body = Array(Self.example[16...])
    buffer.appendFrameHeader(.request, callID: 1, methodID: 0x4d88_388d, bodyBytes: body.count)
    buffer.append(body)
    #expect(Array(buffer.readableBytes) == Self.example)
  }

  @Test func everyPrefixAsksForMore() {
    for count in 0..<Self.example.count {
      guard case .incomplete(let needed) = decode(Array(Self.example[..<count])) else {
        Issue.record("\(count) bytes are no frame")
        continue
      }
      #expect(needed > count && needed <= Self.example.count)
    }
  }

  @Test func bytesAfterAFrameAreLeft() {
    guard case .frame(_, _, _, _, _, let bytes) = decode(Self.example + Self.example) else {
      Issue.record("no frame")
      return
    }
    #expect(bytes == Self.example.count)
  }

  @Test func lengthsOutOfRangeAreRefusedByTheFirstFourBytes() {
    #expect(decode([0, 0, 0, 11]) == .failure(.length(11)))
    #expect(decode([0, 0, 0x10, 1]) == .failure(.length(4097)))
    #expect(decode([0xff, 0xff, 0xff, 0xff]) == .failure(.length(0xffff_ffff)))
    #expect(decode(Array("GET / HTTP/1.1".utf8)) == .failure(.length(0x4745_5420)))
    #expect(decode([0, 0, 0x10, 0]) == .incomplete(16))
  }

  @Test(arguments: [0, 10, 0x80, 0xff] as [UInt8])
  func unknownKindIsRefused(kind: UInt8) {
    #expect(decode(changed(4, kind)) == .failure(.kind(kind)))
  }

  @Test func flagsAreRefusedButForRefusedErrors() {
    #expect(decode(changed(5, 1)) == .failure(.flags(1)))
    var error = Array(Self.example[..<16])
    error[3] = 12
    error[4] = FrameKind.error.rawValue
    error.replaceSubrange(12..<16, with: [0, 0, 0, 0])
    error[5] = 1
    #expect(decode(error) == .frame(.error, flags: 1, call: 1, method: 0, body: [], bytes: 16))
    error[5] = 3
    #expect(decode(error) == .failure(.flags(3)))
  }

  @Test func reservedBitsAreRefused() {
    #expect(decode(changed(6, 1)) == .failure(.reserved(256)))
    #expect(decode(changed(7, 1)) == .failure(.reserved(1)))
  }

  @Test func callIDBelongsToCallsOnly() {
    #expect(decode(changed(11, 0)) == .failure(.callID))
    #expect(decode(changed(4, FrameKind.ping.rawValue)) == .failure(.callID))
  }

  @Test func methodBelongsToRequestsOnly() {
    #expect(decode(changed(4, FrameKind.response.rawValue)) == .failure(.methodID))
  }

  @Test func randomBytesNeverReadBeyondTheirEnd() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SmallGenerator(seed: seed)
    for _ in 0..<20_000 {
      var bytes = Array(Self.example[..<Int.random(in: 0...27, using: &generator)])
      for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
          in: .min ... .max, using: &generator)
      }
      if case .frame(_, _, _, _, let body, let taken) = decode(bytes) {
        #expect(taken <= bytes.count && body.count == taken - Frame.headerBytes)
      }
    }
  }
}
