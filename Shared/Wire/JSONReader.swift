import CArena
import Glibc

/// Why a text is no JSON, or not the JSON that was asked for.
public nonisolated struct JSONError: Error, Hashable, Sendable {
  /// For people.
  public var message: String
  /// Byte in the text.
  public var offset: Int
}

/// Reads JSON (RFC 8259) strictly, token by token. The text has to be UTF-8 and to stay in place.
///
/// Refused: control characters in strings, lone surrogates, leading zeros, NaN, what follows the
/// value. Duplicate keys and depth are for whoever walks objects.
nonisolated struct JSONReader {
  struct Text {
    var start: UnsafePointer<UInt8>
    var count: Int
    /// It contains U+0000, which only an escape can bring.
    var hasNUL = false

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
  }

  private let start: UnsafePointer<UInt8>
  private(set) var position: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>

  /// nil: the text is not UTF-8.
  init?(_ text: UnsafeRawBufferPointer) {
    guard isUTF8(text) else { return nil }
    // An empty text has no address; any will do, as nothing is read.
    let base =
      text.baseAddress?.assumingMemoryBound(to: UInt8.self)
      ?? UnsafePointer(bitPattern: 16)!
    start = base
    position = base
    end = base + text.count
  }

  /// Text that is known to be UTF-8.
  init(trusted text: UnsafeRawBufferPointer) {
    let base =
      text.baseAddress?.assumingMemoryBound(to: UInt8.self)
      ?? UnsafePointer(bitPattern: 16)!
    start = base
    position = base
    end = base + text.count
  }

  var offset: Int { position - start }
  var isAtEnd: Bool { position == end }

  func error(_ message: StaticString) -> JSONError {
    JSONError(message: "\(message)", offset: offset)
  }

  /// Back to where it was before.
  mutating func rewind(to place: UnsafePointer<UInt8>) { position = place }

  /// 0 at the end.
  @inline(__always) var peek: UInt8 { position < end ? position[0] : 0 }

  @inline(__always) mutating func skipSpace() {
    while position < end,
      position[0] == 0x20 || position[0] == 0x0a || position[0] == 0x0d || position[0] == 0x09
    {
      position += 1
    }
  }

  @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
    guard position < end, position[0] == byte else { return false }
    position += 1
    return true
  }

  @inline(__always) mutating func expect(_ byte: UInt8) throws(JSONError) {
    if !take(byte) {
      throw isAtEnd ? error("the text ends too early") : error("unexpected character")
    }
  }

  @inline(__always) mutating func takeNull() -> Bool { peek == 0x6e && takeWord("null") }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard end - position >= count, memcmp(position, word.utf8Start, count) == 0 else {
      return false
    }
    position += count
    return true
  }

  mutating func bool() throws(JSONError) -> Bool {
    if takeWord("true") { return true }
    if takeWord("false") { return false }
    throw error("expected true or false")
  }
}

/// Strings.
nonisolated extension JSONReader {
  /// Which of eight bytes are a quote, a backslash or a control character: their highest bits.
  /// Exact up to the first hit, which is all that is asked.
  @inline(__always) private static func stops(_ word: UInt64) -> UInt64 {
    let quotes = word ^ 0x2222_2222_2222_2222
    let slashes = word ^ 0x5c5c_5c5c_5c5c_5c5c
    let ones: UInt64 = 0x0101_0101_0101_0101
    return
      (((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes)
      | ((word &- 0x2020_2020_2020_2020) & ~word)) & 0x8080_8080_8080_8080
  }

  /// A string without escapes stays where it is in the text; one with them is written to the arena.
  @inline(__always) mutating func string(_ arena: borrowing Arena) throws(JSONError) -> Text {
    guard take(0x22) else { throw error("expected a string") }
    let first = position
    let raw = UnsafeRawPointer(first)
    var index = 0
    let count = end - first
    while index &+ 8 <= count {
      let hits = Self.stops(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      if hits != 0 {
        index &+= hits.trailingZeroBitCount >> 3
        break
      }
      index &+= 8
    }
    while index < count {
      let byte = first[index]
      if byte == 0x22 {
        position = first + index + 1
        return Text(start: first, count: index)
      }
      if byte == 0x5c { return try escapedString(first, index, arena) }
      if byte < 0x20 {
        position = first + index
        throw error("control character in a string")
      }
      index &+= 1
    }
    position = end
    throw error("a string is not closed")
  }

  private mutating func escapedString(
    _ first: UnsafePointer<UInt8>, _ plain: Int, _ arena: borrowing Arena
  ) throws(JSONError) -> Text {
    var close = first + plain
    while close < end, close[0] != 0x22 { close += close[0] == 0x5c ? 2 : 1 }
    guard close < end else {
      position = end
      throw error("a string is not closed")
    }
    // What an escape stands for is never longer than the escape.
    guard let memory = focal_arena_take(arena.raw, close - first) else {
      throw error("too much text")
    }
    let out = memory.assumingMemoryBound(to: UInt8.self)
    memcpy(out, first, plain)
    var text = Text(start: UnsafePointer(out), count: plain)
    position = first + plain
    while position < close {
      let byte = position[0]
      if byte < 0x20 { throw error("control character in a string") }
      position += 1
      if byte != 0x5c {
        out[text.count] = byte
        text.count += 1
      } else {
        try escape(before: close, into: out, &text)
      }
    }
    position = close + 1
    return text
  }

  private mutating func escape(
    before close: UnsafePointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, _ text: inout Text
  ) throws(JSONError) {
    let letter = position[0]
    position += 1
    let single: UInt8
    switch letter {
    case 0x22, 0x5c, 0x2f: single = letter
    case 0x62: single = 0x08
    case 0x66: single = 0x0c
    case 0x6e: single = 0x0a
    case 0x72: single = 0x0d
    case 0x74: single = 0x09
    case 0x75:
      var value = try hexadecimal(before: close)
      if value & 0xfc00 == 0xdc00 { throw error("a lone surrogate") }
      if value & 0xfc00 == 0xd800 {
        guard take(0x5c), take(0x75) else { throw error("a lone surrogate") }
        let low = try hexadecimal(before: close)
        guard low & 0xfc00 == 0xdc00 else { throw error("a lone surrogate") }
        value = 0x10000 + (value & 0x3ff) << 10 + low & 0x3ff
      }
      if value == 0 { text.hasNUL = true }
      text.count += Self.encode(value, out + text.count)
      return
    default:
      position -= 1
      throw error("unknown escape")
    }
    out[text.count] = single
    text.count += 1
  }

  private mutating func hexadecimal(before close: UnsafePointer<UInt8>) throws(JSONError) -> UInt32
  {
    guard close - position >= 4 else { throw error("a broken escape") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexadecimalDigit(position[0]) else { throw error("a broken escape") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private static func encode(_ scalar: UInt32, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    switch scalar {
    case 0..<0x80:
      out[0] = UInt8(scalar)
      return 1
    case 0x80..<0x800:
      out[0] = UInt8(0xc0 | scalar >> 6)
      out[1] = UInt8(0x80 | scalar & 0x3f)
      return 2
    case 0x800..<0x10000:
      out[0] = UInt8(0xe0 | scalar >> 12)
      out[1] = UInt8(0x80 | scalar >> 6 & 0x3f)
      out[2] = UInt8(0x80 | scalar & 0x3f)
      return 3
    default:
      out[0] = UInt8(0xf0 | scalar >> 18)
      out[1] = UInt8(0x80 | scalar >> 12 & 0x3f)
      out[2] = UInt8(0x80 | scalar >> 6 & 0x3f)
      out[3] = UInt8(0x80 | scalar & 0x3f)
      return 4
    }
  }
}

@inline(__always) nonisolated func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x37
  case 0x61...0x66: byte - 0x57
  default: nil
  }
}
