/// Classes of bytes, as bit maps: a test is two instructions and touches no memory.
nonisolated enum ByteClass {
  /// `tchar` of RFC 9110, section 5.6.2.
  @inline(__always) static func isToken(_ byte: UInt8) -> Bool {
    contains(byte, low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
  }

  /// What a host's name may consist of: unreserved characters and `%` (RFC 3986, section 3.2.2).
  @inline(__always) static func isHost(_ byte: UInt8) -> Bool {
    contains(byte, low: 0x03FF_6020_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
  }

  /// Printable ASCII without the space and without `#`, which no request target has.
  @inline(__always) static func isTarget(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#")
  }

  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always) static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// A control character that no field value may have: all but the horizontal tab.
  @inline(__always) static func isControl(_ byte: UInt8) -> Bool {
    (byte < 0x20 && byte != 0x09) || byte == 0x7F
  }

  /// The value of a hexadecimal digit, nil for another byte.
  @inline(__always) static func hexadecimal(_ byte: UInt8) -> Int? {
    if isDigit(byte) { return Int(byte &- 0x30) }
    let letter = (byte | 0x20) &- 0x61
    return letter < 6 ? Int(letter) + 10 : nil
  }

  @inline(__always) private static func contains(
    _ byte: UInt8, low: UInt64, high: UInt64
  ) -> Bool {
    guard byte < 128 else { return false }
    return ((byte < 64 ? low : high) &>> UInt64(byte & 63)) & 1 != 0
  }
}

/// Bytes of a request, looked at eight at a time.
nonisolated enum ByteScan {
  /// True where a byte is a control character other than the horizontal tab.
  @inline(__always) static func hasControl(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
    var index = 0
    while index &+ 8 <= count {
      let word = UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self)
      if mayHaveControl(word) {
        for offset in index..<(index &+ 8) where ByteClass.isControl(bytes[offset]) { return true }
      }
      index &+= 8
    }
    while index < count {
      if ByteClass.isControl(bytes[index]) { return true }
      index &+= 1
    }
    return false
  }

  /// True without regard to the case of ASCII letters. `literal` is in lower case, and the bytes are
  /// known to have no control characters (`CR | 0x20` is a hyphen).
  @inline(__always) static func equals(
    _ bytes: UnsafePointer<UInt8>, count: Int, _ literal: StaticString
  ) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    let expected = literal.utf8Start
    for index in 0..<count where bytes[index] | 0x20 != expected[index] { return false }
    return true
  }

  /// No false negatives; a tab, or a byte after one that is a hit, may be a false positive.
  @inline(__always) private static func mayHaveControl(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let low = (word &- ones &* 0x20) & ~word & highs
    let flipped = word ^ (ones &* 0x7F)
    let delete = (flipped &- ones) & ~flipped & highs
    return low | delete != 0
  }
}
