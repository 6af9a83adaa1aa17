import CArena
import CProtobufC

/// Base64 (RFC 4648, sections 4 and 5, padded or not) into the arena; nil: it is none.
nonisolated func base64Decoded(
  _ text: UnsafeRawBufferPointer, _ arena: borrowing Arena
) throws(WireError) -> ProtobufCBinaryData? {
  var count = text.count
  while count > 0, text.count - count < 2, text[count - 1] == 0x3d { count -= 1 }
  if count < text.count, text.count % 4 != 0 { return nil }
  if count % 4 == 1 { return nil }
  let out = try arena.take(max(1, count * 3 / 4)).assumingMemoryBound(to: UInt8.self)
  var word: UInt32 = 0
  var bits: UInt32 = 0
  var written = 0
  for index in 0..<count {
    guard let value = base64Value(text[index]) else { return nil }
    word = word << 6 | value
    bits += 6
    if bits >= 8 {
      bits -= 8
      out[written] = UInt8(truncatingIfNeeded: word >> bits)
      written += 1
      word &= 1 << bits - 1
    }
  }
  // Left over bits that are not zero would make two texts of the same bytes.
  if word != 0 { return nil }
  return ProtobufCBinaryData(len: written, data: written > 0 ? out : nil)
}

nonisolated private func base64Value(_ byte: UInt8) -> UInt32? {
  switch byte {
  case 0x41...0x5a: UInt32(byte) - 0x41
  case 0x61...0x7a: UInt32(byte) - 0x61 + 26
  case 0x30...0x39: UInt32(byte) - 0x30 + 52
  case 0x2b, 0x2d: 62
  case 0x2f, 0x5f: 63
  default: nil
  }
}

/// Percent-decoding (RFC 3986, section 2.1). What has no escape stays where it is.
nonisolated struct PercentDecoded {
  var bytes: UnsafeRawBufferPointer
  var hasNUL = false

  /// - Parameter plusIsSpace: as HTML forms write queries.
  /// - Returns: nil where an escape is broken or the result is not UTF-8.
  init?(
    _ text: UnsafeRawBufferPointer, plusIsSpace: Bool, _ arena: borrowing Arena
  ) throws(WireError) {
    bytes = text
    let isPlain = !text.contains { $0 == 0x25 || (plusIsSpace && $0 == 0x2b) }
    if !isPlain {
      let out = try arena.take(text.count).assumingMemoryBound(to: UInt8.self)
      var index = 0
      var written = 0
      while index < text.count {
        var byte = text[index]
        if byte == 0x25 {
          guard text.count - index > 2, let high = hexadecimalDigit(text[index + 1]),
            let low = hexadecimalDigit(text[index + 2])
          else { return nil }
          byte = high << 4 | low
          index += 2
        } else if plusIsSpace, byte == 0x2b {
          byte = 0x20
        }
        out[written] = byte
        index += 1
        written += 1
      }
      bytes = UnsafeRawBufferPointer(start: out, count: written)
    }
    guard isUTF8(bytes) else { return nil }
    hasNUL = bytes.contains(0)
  }
}
