import EventLoopTesting
import Testing

@testable import WebSocket

/// Whatever comes, nothing crashes, little is held, and at most one close frame is sent, as the last.
@Suite struct MutationTests {
  @Test func anythingMayCome() {
    let seed = UInt64.random(in: .min ... .max)
    print("WebSocket mutations: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for round in 0..<3000 {
      var input = frames(&random)
      mutate(&input, &random)
      play(input, isCompressed: round % 2 == 0, &random, "seed \(seed), round \(round)")
    }
  }

  private static let limit = 2048

  private func play(
    _ input: [UInt8], isCompressed: Bool, _ random: inout SeededGenerator, _ name: String
  ) {
    var echo = EchoSession(isCompressed: isCompressed, limit: Self.limit)
    var rest = input[...]
    var sent: [UInt8] = []
    while !rest.isEmpty {
      let size = Int.random(in: 1...max(1, input.count), using: &random)
      echo.receive(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
      sent += echo.sent
      echo.clear()
      #expect(echo.heldBytes <= Self.limit + Self.limit >> 6 + 64 + 125, "\(name)")
    }
    let (got, unframed) = replies(sent)
    #expect(unframed.isEmpty, "\(name)")
    #expect(echo.ends.count <= 1, "\(name)")
    for (index, reply) in got.enumerated() {
      switch reply {
      case .close: #expect(index == got.count - 1 && echo.ends.count == 1, "\(name)")
      case .malformed, .ping: Issue.record("\(reply) in \(name)")
      case .text(let text): #expect(text.utf8.count <= Self.limit, "\(name)")
      case .binary(let bytes): #expect(bytes.count <= Self.limit, "\(name)")
      case .pong: break
      }
    }
  }

  private func frames(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let count = Int.random(in: 0...300, using: &random)
      let payload = (0..<count).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes += frame(1, payload)
      case 1: bytes += frame(2, payload)
      case 2: bytes += frame(1, payload, isFinal: false) + frame(0, payload)
      case 3: bytes += frame(9, Array(payload.prefix(125)))
      case 4: bytes += frame(1, deflated(payload), reserved: 4)
      case 5: bytes += frame(1, deflated(payload), isFinal: false, reserved: 4) + frame(0)
      case 6: bytes += frame(10, Array(payload.prefix(20)))
      default: bytes += closing(1000, String(decoding: payload.prefix(50), as: UTF8.self))
      }
    }
    return bytes
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 1: bytes[index] = .random(in: 0...255, using: &random)
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(.random(in: 0...255, using: &random), at: index)
      default: bytes.removeLast(bytes.count - index)
      }
    }
  }
}
