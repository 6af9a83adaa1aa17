import Wire

/// Writes a JSON object member by member.
nonisolated struct JSONObject: ~Copyable {
  private var writer = JSONWriter()

  init() { writer.byte(UInt8(ascii: "{")) }

  mutating func member(_ name: String, _ text: String) {
    key(name)
    writer.string(text)
  }

  mutating func member(_ name: String, _ number: Int) {
    key(name)
    writer.integer(Int64(number))
  }

  mutating func object(_ name: String, _ body: (inout JSONObject) -> Void) {
    key(name)
    writer.byte(UInt8(ascii: "{"))
    body(&self)
    writer.byte(UInt8(ascii: "}"))
  }

  /// A list of one object.
  mutating func array(_ name: String, _ body: (inout JSONObject) -> Void) {
    key(name)
    writer.raw("[{")
    body(&self)
    writer.raw("}]")
  }

  mutating func texts(_ name: String, _ texts: [String]) {
    key(name)
    writer.byte(UInt8(ascii: "["))
    for (index, text) in texts.enumerated() {
      if index > 0 { writer.byte(UInt8(ascii: ",")) }
      writer.string(text)
    }
    writer.byte(UInt8(ascii: "]"))
  }

  mutating func end() -> [UInt8] {
    writer.byte(UInt8(ascii: "}"))
    return writer.array
  }

  private mutating func key(_ name: String) {
    if writer.bytes.last != UInt8(ascii: "{") { writer.byte(UInt8(ascii: ",")) }
    writer.string(name)
    writer.byte(UInt8(ascii: ":"))
  }
}
