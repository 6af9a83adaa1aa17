/// Checks UTF-8 as it comes, in whatever pieces: the first byte that cannot be is refused.
nonisolated struct UTF8Validator {
  /// How many bytes the character at hand still needs.
  private var pending: UInt8 = 0
  /// What its next byte may be: overlong forms, surrogates and what lies past U+10FFFF show here.
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF

  init() {}

  /// No character is cut in two.
  var isComplete: Bool { pending == 0 }

  mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < bytes.count {
      if pending == 0 {
        while index + 8 <= bytes.count,
          bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
          index += 8
        }
        guard index < bytes.count else { break }
        if bytes[index] >= 0x80, !begin(bytes[index]) { return false }
      } else {
        guard bytes[index] >= low, bytes[index] <= high else { return false }
        pending -= 1
        (low, high) = (0x80, 0xBF)
      }
      index += 1
    }
    return true
  }

  private mutating func begin(_ byte: UInt8) -> Bool {
    switch byte {
    case 0xC2...0xDF: pending = 1
    case 0xE0: (pending, low) = (2, 0xA0)
    case 0xED: (pending, high) = (2, 0x9F)
    case 0xE1...0xEF: pending = 2
    case 0xF0: (pending, low) = (3, 0x90)
    case 0xF1...0xF3: pending = 3
    case 0xF4: (pending, high) = (3, 0x8F)
    default: return false
    }
    return true
  }
}
