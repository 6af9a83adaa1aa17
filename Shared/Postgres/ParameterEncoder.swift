/// Lays parameters out as libpq takes them. One is shared by all connections: libpq copies at once.
final class ParameterEncoder {
  static let shared = ParameterEncoder()
  private static let bytesKept = 1 << 20

  private(set) var count = 0
  private(set) var types = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 16)
  private(set) var pointers = UnsafeMutableBufferPointer<UnsafePointer<CChar>?>.allocate(
    capacity: 16)
  private(set) var lengths = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 16)
  private(set) var formats = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 16)
  private var offsets = UnsafeMutableBufferPointer<Int>.allocate(capacity: 16)
  private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 8)
  private var used = 0

  func encode(_ parameters: [PostgresValue]) throws(PostgresError) {
    guard parameters.count <= Int(UInt16.max) else {
      throw PostgresError(.invalidParameter, "more than 65535 parameters")
    }
    count = parameters.count
    used = 0
    if count > types.count { growColumns() }
    for position in 0..<count {
      offsets[position] = used
      formats[position] = 1
      try encode(parameters[position], at: position)
      lengths[position] = Int32(truncatingIfNeeded: used - offsets[position])
    }
    for position in 0..<count {
      pointers[position] =
        offsets[position] < 0
        ? nil
        : UnsafePointer(
          bytes.baseAddress!.advanced(by: offsets[position]).assumingMemoryBound(to: CChar.self))
    }
  }

  /// Gives the memory of an unusually large parameter back.
  func trim() {
    guard bytes.count > Self.bytesKept else { return }
    bytes.deallocate()
    bytes = .allocate(byteCount: 4_096, alignment: 8)
  }

  var typeBuffer: UnsafeBufferPointer<UInt32> { .init(rebasing: types[..<count]) }

  private func encode(_ value: PostgresValue, at position: Int) throws(PostgresError) {
    switch value {
    case .null:
      types[position] = TypeID.inferred
      offsets[position] = -1
    case .string(let text): try appendText(text, TypeID.inferred, at: position)
    case .date(let text): try appendText(text, TypeID.date, at: position)
    case .json(let text): try appendText(text, TypeID.jsonb, at: position)
    case .int(let number): append(Int64(number), TypeID.int8, at: position)
    case .int32(let number): append(number, TypeID.int4, at: position)
    case .double(let number):
      append(Int64(bitPattern: number.bitPattern), TypeID.float8, at: position)
    case .day(let days):
      append(
        Int32(clamping: days - CalendarDay.postgresEpochDays), TypeID.date, at: position)
    case .timestamp(let milliseconds):
      append(Self.microseconds(milliseconds), TypeID.timestamptz, at: position)
    case .bool(let flag):
      types[position] = TypeID.bool
      append(UInt8(flag ? 1 : 0))
    case .bytes(let value):
      types[position] = TypeID.bytea
      value.withUnsafeBytes { append($0) }
    case .uuid(let text):
      types[position] = TypeID.uuid
      try appendUUID(text)
    default: try encodeArray(value, at: position)
    }
  }

  private func encodeArray(_ value: PostgresValue, at position: Int) throws(PostgresError) {
    switch value {
    case .ints(let values):
      types[position] = TypeID.int8Array
      appendArrayHead(values.count, TypeID.int8)
      for value in values { appendElement(Int64(value)) }
    case .int32s(let values):
      types[position] = TypeID.int4Array
      appendArrayHead(values.count, TypeID.int4)
      for value in values { appendElement(value) }
    case .doubles(let values):
      types[position] = TypeID.float8Array
      appendArrayHead(values.count, TypeID.float8)
      for value in values { appendElement(Int64(bitPattern: value.bitPattern)) }
    case .timestamps(let values):
      types[position] = TypeID.timestamptzArray
      appendArrayHead(values.count, TypeID.timestamptz)
      for value in values { appendElement(Self.microseconds(value)) }
    case .uuids(let values):
      types[position] = TypeID.uuidArray
      appendArrayHead(values.count, TypeID.uuid)
      for value in values {
        append(Int32(16).bigEndian)
        try appendUUID(value)
      }
    case .strings(let values):
      types[position] = TypeID.textArray
      appendArrayHead(values.count, TypeID.text)
      for value in values {
        append(Int32(value.utf8.count).bigEndian)
        try append(value)
      }
    default: try encodeOptionalArray(value, at: position)
    }
  }

  private func encodeOptionalArray(
    _ value: PostgresValue, at position: Int
  ) throws(PostgresError) {
    switch value {
    case .optionalStrings(let values):
      types[position] = TypeID.textArray
      appendArrayHead(values.count, TypeID.text, hasNulls: true)
      for value in values {
        append(Int32(value?.utf8.count ?? -1).bigEndian)
        if let value { try append(value) }
      }
    case .optionalUUIDs(let values):
      types[position] = TypeID.uuidArray
      appendArrayHead(values.count, TypeID.uuid, hasNulls: true)
      for value in values {
        append(Int32(value == nil ? -1 : 16).bigEndian)
        if let value { try appendUUID(value) }
      }
    case .byteStrings(let values):
      types[position] = TypeID.byteaArray
      appendArrayHead(values.count, TypeID.bytea)
      for value in values {
        append(Int32(value.count).bigEndian)
        value.withUnsafeBytes { append($0) }
      }
    default: preconditionFailure("no array: \(value)")
    }
  }

  private static func microseconds(_ milliseconds: Int64) -> Int64 {
    let (product, overflows) = milliseconds.multipliedReportingOverflow(by: 1_000)
    // The server refuses what is out of its range with 22008.
    return (overflows ? (milliseconds < 0 ? Int64.min / 2 : Int64.max / 2) : product)
      &- CalendarDay.postgresEpochMicroseconds
  }

  /// Text format: the type's own reader takes it, so it needs an end and can hold no U+0000.
  private func appendText(
    _ text: String, _ type: UInt32, at position: Int
  ) throws(PostgresError) {
    types[position] = type
    formats[position] = 0
    try append(text)
    append(UInt8(0))
  }

  private func append(_ text: String) throws(PostgresError) {
    var text = text
    let hasNUL = text.withUTF8 { utf8 in
      append(UnsafeRawBufferPointer(utf8))
      return utf8.contains(0)
    }
    if hasNUL {
      throw PostgresError(.invalidParameter, "text holds U+0000", sqlState: "22021")
    }
  }

  private func appendUUID(_ text: String) throws(PostgresError) {
    reserve(16)
    var text = text
    let target = bytes.baseAddress! + used
    guard text.withUTF8({ UUIDText.parse($0, into: target) }) else {
      throw PostgresError(.invalidParameter, "malformed UUID", sqlState: "22P02")
    }
    used += 16
  }

  private func append(_ number: some FixedWidthInteger, _ type: UInt32, at position: Int) {
    types[position] = type
    append(number.bigEndian)
  }

  private func appendArrayHead(_ count: Int, _ type: UInt32, hasNulls: Bool = false) {
    append(Int32(count == 0 ? 0 : 1).bigEndian)  // dimensions
    append(Int32(hasNulls ? 1 : 0).bigEndian)
    append(type.bigEndian)
    if count > 0 {
      append(Int32(count).bigEndian)
      append(Int32(1).bigEndian)  // lower bound
    }
  }

  private func appendElement<Number: FixedWidthInteger>(_ number: Number) {
    append(Int32(MemoryLayout<Number>.size).bigEndian)
    append(number.bigEndian)
  }

  private func append<Number: FixedWidthInteger>(_ number: Number) {
    reserve(MemoryLayout<Number>.size)
    (bytes.baseAddress! + used).storeBytes(of: number, as: Number.self)
    used += MemoryLayout<Number>.size
  }

  private func append(_ source: UnsafeRawBufferPointer) {
    reserve(source.count)
    if let address = source.baseAddress {
      (bytes.baseAddress! + used).copyMemory(from: address, byteCount: source.count)
    }
    used += source.count
  }

  private func reserve(_ extra: Int) {
    guard used + extra > bytes.count else { return }
    var size = bytes.count * 2
    while size < used + extra { size *= 2 }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
    larger.baseAddress!.copyMemory(from: bytes.baseAddress!, byteCount: used)
    bytes.deallocate()
    bytes = larger
  }

  private func growColumns() {
    let capacity = max(count, types.count * 2)
    types.deallocate()
    pointers.deallocate()
    lengths.deallocate()
    formats.deallocate()
    offsets.deallocate()
    types = .allocate(capacity: capacity)
    pointers = .allocate(capacity: capacity)
    lengths = .allocate(capacity: capacity)
    formats = .allocate(capacity: capacity)
    offsets = .allocate(capacity: capacity)
  }
}
