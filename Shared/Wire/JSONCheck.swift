/// Walks one JSON value of any shape, as strictly as the rest is read: no duplicate keys, no lone
/// surrogates, not deeper than `depthMax`.
nonisolated struct JSONCheck {
  static let depthMax = 16

  var reader: JSONReader
  /// A string or a key contains U+0000, which PostgreSQL cannot keep.
  private(set) var hasNUL = false

  init(_ reader: JSONReader) { self.reader = reader }

  /// Whether the text is one JSON value, and nothing else.
  static func isValue(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let reader = JSONReader(text) else { return false }
    let arena = Arena()
    var check = JSONCheck(reader)
    do throws(JSONError) {
      check.reader.skipSpace()
      try check.value(arena, depthLeft: 64)
    } catch {
      return false
    }
    check.reader.skipSpace()
    return check.reader.isAtEnd
  }

  mutating func value(
    _ arena: borrowing Arena, depthLeft: Int = depthMax
  ) throws(JSONError) {
    switch reader.peek {
    case 0x7b: try object(arena, depthLeft: depthLeft)
    case 0x5b: try list(arena, depthLeft: depthLeft)
    case 0x22: _ = try string(arena)
    case 0x74, 0x66: _ = try reader.bool()
    case 0x6e: if !reader.takeNull() { throw reader.error("unexpected character") }
    default: _ = try reader.double()
    }
  }

  private mutating func string(_ arena: borrowing Arena) throws(JSONError) -> JSONReader.Text {
    let text = try reader.string(arena)
    if text.hasNUL { hasNUL = true }
    return text
  }

  private mutating func object(
    _ arena: borrowing Arena, depthLeft: Int
  ) throws(JSONError) {
    guard depthLeft > 0 else { throw reader.error("nested too deep") }
    try reader.expect(0x7b)
    reader.skipSpace()
    if reader.take(0x7d) { return }
    var keys: Set<String> = []
    repeat {
      reader.skipSpace()
      let key = try string(arena)
      guard keys.insert(String(decoding: key.bytes, as: UTF8.self)).inserted else {
        throw reader.error("a key is given twice")
      }
      reader.skipSpace()
      try reader.expect(0x3a)
      reader.skipSpace()
      try value(arena, depthLeft: depthLeft - 1)
      reader.skipSpace()
    } while reader.take(0x2c)
    try reader.expect(0x7d)
  }

  private mutating func list(_ arena: borrowing Arena, depthLeft: Int) throws(JSONError) {
    guard depthLeft > 0 else { throw reader.error("nested too deep") }
    try reader.expect(0x5b)
    reader.skipSpace()
    if reader.take(0x5d) { return }
    repeat {
      reader.skipSpace()
      try value(arena, depthLeft: depthLeft - 1)
      reader.skipSpace()
    } while reader.take(0x2c)
    try reader.expect(0x5d)
  }
}
