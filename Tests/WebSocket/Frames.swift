import Network

@testable import WebSocket

/// A client's frame, as wrong as a case wants it.
nonisolated func frame(
  _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0,
  mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D], length: LengthForm? = nil
) -> [UInt8] {
  var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
  let isMasked: UInt8 = mask == nil ? 0 : 0x80
  let form = length ?? (payload.count < 126 ? .short : payload.count < 65536 ? .two : .eight)
  switch form {
  case .short: bytes.append(isMasked | UInt8(payload.count))
  case .two: bytes += [isMasked | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
  case .eight:
    bytes.append(isMasked | 127)
    bytes += bigEndian(UInt64(payload.count))
  case .announced(let count):
    bytes.append(isMasked | 127)
    bytes += bigEndian(count)
  }
  guard let mask else { return bytes + payload }
  bytes += mask
  for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
  return bytes
}

/// How a frame says how long it is.
nonisolated enum LengthForm: Sendable {
  case short
  case two
  case eight
  /// Eight bytes that say this, whatever follows.
  case announced(UInt64)
}

nonisolated func bigEndian(_ value: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
}

nonisolated func text(_ text: String, isFinal: Bool = true, reserved: UInt8 = 0) -> [UInt8] {
  frame(1, Array(text.utf8), isFinal: isFinal, reserved: reserved)
}

nonisolated func more(_ text: String, isFinal: Bool = false) -> [UInt8] {
  frame(0, Array(text.utf8), isFinal: isFinal)
}

nonisolated func ping(_ text: String = "") -> [UInt8] { frame(9, Array(text.utf8)) }

nonisolated func closing(_ code: UInt16? = nil, _ reason: String = "") -> [UInt8] {
  guard let code else { return frame(8) }
  return frame(8, [UInt8(code >> 8), UInt8(code & 255)] + Array(reason.utf8))
}

/// What a server has sent, a frame each.
nonisolated enum Reply: Equatable, Sendable {
  case text(String)
  case binary([UInt8])
  case ping
  case pong(String)
  /// Its code; nil where it has none.
  case close(UInt16?)
  /// Nothing that a server may send.
  case malformed([UInt8])
}

/// Takes a server's bytes apart; the rest is what is no whole frame.
func replies(_ bytes: [UInt8]) -> (replies: [Reply], rest: [UInt8]) {
  var replies: [Reply] = []
  var rest = bytes[...]
  while rest.count >= 2 {
    let (first, second) = (rest[rest.startIndex], rest[rest.startIndex + 1])
    var header = 2
    var length = Int(second & 127)
    if length >= 126 {
      let count = length == 126 ? 2 : 8
      guard rest.count >= 2 + count else { break }
      length = rest.dropFirst(2).prefix(count).reduce(0) { $0 << 8 | Int($1) }
      header += count
    }
    guard rest.count >= header + length else { break }
    let payload = Array(rest.dropFirst(header).prefix(length))
    rest = rest.dropFirst(header + length)
    replies.append(second & 0x80 == 0 ? reply(first, payload) : .malformed(payload))
  }
  return (replies, Array(rest))
}

private func reply(_ first: UInt8, _ payload: [UInt8]) -> Reply {
  var payload = payload
  if first & 0x40 != 0 {
    guard case .message(let whole) = Inflater.shared.inflate(payload, limit: 1 << 20) else {
      return .malformed(payload)
    }
    payload = Array(whole)
  }
  switch first & 0xBF {
  case 0x81: return .text(String(decoding: payload, as: UTF8.self))
  case 0x82: return .binary(payload)
  case 0x88 where payload.isEmpty: return .close(nil)
  case 0x88 where payload.count >= 2: return .close(UInt16(payload[0]) << 8 | UInt16(payload[1]))
  case 0x89: return .ping
  case 0x8A: return .pong(String(decoding: payload, as: UTF8.self))
  default: return .malformed(payload)
  }
}

extension Inflater {
  func inflate(_ bytes: [UInt8], limit: Int) -> Outcome {
    bytes.withUnsafeBytes { inflate($0, limit: limit) }
  }
}

/// The deflated message without its end, as a client sends it.
func deflated(_ bytes: [UInt8]) -> [UInt8] {
  var buffer = ByteBuffer()
  bytes.withUnsafeBytes { Deflater.shared.deflate($0, into: &buffer) }
  return Array(buffer.readableBytes)
}

func deflated(_ text: String) -> [UInt8] { deflated(Array(text.utf8)) }
