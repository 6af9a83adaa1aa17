import Network

/// What a frame is (RFC 6455, section 5.2).
nonisolated enum Opcode: UInt8 {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  var isControl: Bool { rawValue >= 8 }
}

/// The header of a whole message in one frame, as a server sends it: final and unmasked.
struct FrameHeader {
  static let bytesMax = 10

  var opcode: Opcode
  var isDeflated = false
  var payloadBytes: Int

  func append(to buffer: inout ByteBuffer) {
    buffer.append(byte: 0x80 | (isDeflated ? 0x40 : 0) | opcode.rawValue)
    switch payloadBytes {
    case ..<126: buffer.append(byte: UInt8(payloadBytes))
    case ..<65536:
      buffer.append(byte: 126)
      buffer.append(bigEndian: UInt16(payloadBytes))
    default:
      buffer.append(byte: 127)
      buffer.append(bigEndian: UInt64(payloadBytes))
    }
  }
}
