/// Bytes that are not protobuf's wire format, or a field of another type than it should be.
nonisolated struct ProtobufError: Error, Equatable {}

/// Reads protobuf's wire format field by field. Never reads beyond its bytes, keeps nothing.
nonisolated struct ProtobufReader {
  enum Value {
    case number(UInt64)
    case bytes(UnsafeRawBufferPointer)
    /// 32 or 64 bits of a type that none of our messages has.
    case fixed
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next field, or `nil` at the end.
  mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
    guard position < bytes.count else { return nil }
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    guard tag <= UInt64(UInt32.max), number > 0 else { throw ProtobufError() }
    switch tag & 7 {
    case 0: return (number, .number(try varint()))
    case 1: return (number, try fixed(8))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.count - position) else { throw ProtobufError() }
      let start = position
      position += Int(length)
      return (number, .bytes(UnsafeRawBufferPointer(rebasing: bytes[start..<position])))
    case 5: return (number, try fixed(4))
    default: throw ProtobufError()
    }
  }

  private mutating func fixed(_ count: Int) throws(ProtobufError) -> Value {
    guard bytes.count - position >= count else { throw ProtobufError() }
    position += count
    return .fixed
  }

  @inline(__always)
  private mutating func varint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte <= 1 else { throw ProtobufError() }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw ProtobufError()
  }
}

extension ProtobufReader.Value {
  nonisolated func number() throws(ProtobufError) -> UInt64 {
    guard case .number(let value) = self else { throw ProtobufError() }
    return value
  }

  nonisolated func bytes() throws(ProtobufError) -> UnsafeRawBufferPointer {
    guard case .bytes(let value) = self else { throw ProtobufError() }
    return value
  }

  /// The text, with U+FFFD for what is not UTF-8.
  nonisolated func text() throws(ProtobufError) -> String {
    String(decoding: try bytes(), as: UTF8.self)
  }
}
