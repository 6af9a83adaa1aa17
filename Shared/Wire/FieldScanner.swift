/// Walks the fields of a message's bytes, without a schema. It ends at the first that is broken.
public nonisolated struct FieldScanner {
  struct Field {
    var number: UInt32
    /// A varint's or fixed field's value.
    var value: UInt64 = 0
    /// What a length-delimited field contains.
    var content: UnsafeRawBufferPointer?
  }

  private let bytes: UnsafeRawBufferPointer
  private var index = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// What the first field of this number contains, without a look at what follows: much cheaper than
  /// decoding where only that is of interest. Nil where there is none, or where it has no length.
  public static func content(
    of number: UInt32, in bytes: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    var scanner = FieldScanner(bytes)
    while let field = scanner.next() {
      if field.number == number { return field.content }
    }
    return nil
  }

  mutating func next() -> Field? {
    guard let tag = varint(), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return nil }
    var field = Field(number: UInt32(tag >> 3))
    switch tag & 7 {
    case 0:
      guard let value = varint() else { return nil }
      field.value = value
    case 1:
      guard let value = fixed(8) else { return nil }
      field.value = value
    case 2:
      guard let length = varint(), length <= UInt64(bytes.count - index) else { return nil }
      field.content = UnsafeRawBufferPointer(rebasing: bytes[index..<index + Int(length)])
      index += Int(length)
    case 5:
      guard let value = fixed(4) else { return nil }
      field.value = value
    default: return nil
    }
    return field
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in 0..<10 {
      guard index < bytes.count else { return nil }
      let byte = bytes[index]
      index += 1
      value |= UInt64(byte & 0x7f) << UInt64(7 * shift)
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func fixed(_ count: Int) -> UInt64? {
    guard bytes.count - index >= count else { return nil }
    var value: UInt64 = 0
    for offset in 0..<count { value |= UInt64(bytes[index + offset]) << UInt64(8 * offset) }
    index += count
    return value
  }
}
