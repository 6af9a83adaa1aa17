/// Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), read strictly: there is exactly
/// one text for each byte string.
public nonisolated enum Base64URL {
  public static func encode(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { encode($0) }
  }

  public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
    Base64.encode(
      bytes, alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
  }

  /// `nil` for padding, blanks, characters of other alphabets, a length that no bytes give, and bits
  /// that are left over and not zero.
  public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    Base64.decode(text, Base64.urlValues)
  }

  public static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
  }
}

/// Plain base64 without padding: what PHC strings use, and WebSocket's handshake behind its padding.
public nonisolated enum Base64 {
  public static func encode(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes {
      encode(
        $0, alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }
  }

  public static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { decode(UnsafeRawBufferPointer($0), plainValues) }
  }

  static let urlValues = values(last: [UInt8(ascii: "-"), UInt8(ascii: "_")])
  static let plainValues = values(last: [UInt8(ascii: "+"), UInt8(ascii: "/")])

  /// 64 and more: no digit.
  private static func values(last: [UInt8]) -> [UInt8] {
    var table = [UInt8](repeating: 64, count: 256)
    var next: UInt8 = 0
    for byte in [0x41...0x5A, 0x61...0x7A, 0x30...0x39].joined().map({ UInt8($0) }) + last {
      table[Int(byte)] = next
      next += 1
    }
    return table
  }

  static func encode(_ bytes: UnsafeRawBufferPointer, alphabet: StaticString) -> String {
    let digits = alphabet.utf8Start
    let length = (bytes.count * 4 + 2) / 3
    return String(unsafeUninitializedCapacity: length) { buffer in
      var bits: UInt32 = 0
      var bitCount = 0
      var written = 0
      for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        bitCount += 8
        while bitCount >= 6 {
          bitCount -= 6
          buffer[written] = digits[Int(bits >> UInt32(bitCount) & 63)]
          written += 1
        }
      }
      if bitCount > 0 {
        buffer[written] = digits[Int(bits << UInt32(6 - bitCount) & 63)]
        written += 1
      }
      return written
    }
  }

  static func decode(_ text: UnsafeRawBufferPointer, _ values: [UInt8]) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var isValid = true
    let bytes = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4) { buffer, count in
      var bits: UInt32 = 0
      var bitCount = 0
      for character in text {
        let value = values[Int(character)]
        isValid = isValid && value < 64
        bits = bits << 6 | UInt32(value & 63)
        bitCount += 6
        if bitCount >= 8 {
          bitCount -= 8
          buffer[count] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
          count += 1
        }
      }
      isValid = isValid && bits & (1 << UInt32(bitCount) - 1) == 0
    }
    return isValid ? bytes : nil
  }
}
