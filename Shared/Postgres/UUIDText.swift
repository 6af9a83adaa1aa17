/// A UUID between its text of 36 characters and its 16 bytes, eight hexadecimal digits at a time.
nonisolated enum UUIDText {
  /// Where the four runs of text begin that follow the first, in text and in the bare digits.
  private static let characterCount = 36

  /// The canonical lower-case text of the 16 bytes at `bytes`.
  static func text(_ bytes: UnsafeRawPointer) -> String {
    String(unsafeUninitializedCapacity: characterCount) { text in
      withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digits in
        for part in 0..<4 {
          let word = UInt32(
            bigEndian: bytes.loadUnaligned(fromByteOffset: part * 4, as: UInt32.self))
          digits.storeBytes(
            of: hexadecimal(word).bigEndian, toByteOffset: part * 8, as: UInt64.self)
        }
        var source = 0
        var target = 0
        for run in 0..<5 {
          if run > 0 {
            text[target] = UInt8(ascii: "-")
            target += 1
          }
          let length = run == 0 ? 8 : run == 4 ? 12 : 4
          for _ in 0..<length {
            text[target] = digits[source]
            source += 1
            target += 1
          }
        }
      }
      return characterCount
    }
  }

  /// Writes the 16 bytes that `text` means; false if it is no UUID of 36 characters.
  static func parse(_ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableRawPointer) -> Bool
  {
    guard text.count == characterCount else { return false }
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digits in
      var target = 0
      for source in 0..<characterCount {
        switch source {
        case 8, 13, 18, 23:
          if text[source] != UInt8(ascii: "-") { return false }
        default:
          digits[target] = text[source]
          target += 1
        }
      }
      for part in 0..<4 {
        let run = UInt64(bigEndian: digits.load(fromByteOffset: part * 8, as: UInt64.self))
        guard let word = word(run) else { return false }
        bytes.storeBytes(of: word.bigEndian, toByteOffset: part * 4, as: UInt32.self)
      }
      return true
    }
  }

  /// Eight hexadecimal digits, the most significant byte first.
  private static func hexadecimal(_ word: UInt32) -> UInt64 {
    var nibbles = UInt64(word)
    nibbles = ((nibbles & 0xFFFF_0000) << 16) | (nibbles & 0xFFFF)
    nibbles = ((nibbles << 8) | nibbles) & 0x00FF_00FF_00FF_00FF
    nibbles = ((nibbles << 4) | nibbles) & 0x0F0F_0F0F_0F0F_0F0F
    return characters(nibbles)
  }

  private static func characters(_ nibbles: UInt64) -> UInt64 {
    let letters = ((nibbles &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
  }

  private static func word(_ characters: UInt64) -> UInt32? {
    let lowerCase = characters | 0x2020_2020_2020_2020
    var nibbles =
      (characters & 0x0F0F_0F0F_0F0F_0F0F) &+ ((characters >> 6) & 0x0101_0101_0101_0101) &* 9
    // Both checks: the round trip finds other characters, the bits those below the digits.
    guard nibbles & 0xF0F0_F0F0_F0F0_F0F0 == 0, self.characters(nibbles) == lowerCase,
      (characters | characters << 1) & 0x4040_4040_4040_4040 == 0x4040_4040_4040_4040
    else { return nil }
    nibbles = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: nibbles | nibbles >> 16)
  }
}
