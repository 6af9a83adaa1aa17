/// One value as PostgreSQL sent it, in binary.
struct Cell {
  let type: UInt32
  let bytes: UnsafeRawBufferPointer

  func text(_ column: StaticString) -> String {
    switch type {
    case TypeID.uuid: UUIDText.text(bytes.baseAddress!)
    case TypeID.jsonb: String(decoding: bytes.dropFirst(), as: UTF8.self)  // after the version
    case TypeID.date: CalendarDay.text(day(column))
    case TypeID.bool, TypeID.int2, TypeID.int4, TypeID.int8, TypeID.float4, TypeID.float8,
      TypeID.numeric, TypeID.timestamp, TypeID.timestamptz:
      mismatch(column)
    default: String(decoding: bytes, as: UTF8.self)
    }
  }

  func integer(_ column: StaticString) -> Int {
    switch type {
    case TypeID.int8: Int(load(Int64.self, at: 0))
    case TypeID.int4: Int(load(Int32.self, at: 0))
    case TypeID.int2: Int(load(Int16.self, at: 0))
    case TypeID.oid: Int(load(UInt32.self, at: 0))
    case TypeID.numeric: numericInteger(column)
    default: mismatch(column)
    }
  }

  func double(_ column: StaticString) -> Double {
    switch type {
    case TypeID.float8: Double(bitPattern: load(UInt64.self, at: 0))
    case TypeID.float4: Double(Float(bitPattern: load(UInt32.self, at: 0)))
    case TypeID.numeric: numericDouble()
    default: Double(integer(column))
    }
  }

  func milliseconds(_ column: StaticString) -> Int64 {
    guard type == TypeID.timestamptz || type == TypeID.timestamp else { mismatch(column) }
    let microseconds = load(Int64.self, at: 0)
    // -infinity and infinity stay what they are: the ends of the range.
    if microseconds == .min || microseconds == .max { return microseconds }
    let sinceEpoch = microseconds + CalendarDay.postgresEpochMicroseconds
    return sinceEpoch >= 0 ? sinceEpoch / 1_000 : (sinceEpoch - 999) / 1_000
  }

  func day(_ column: StaticString) -> Int {
    guard type == TypeID.date else { mismatch(column) }
    return Int(load(Int32.self, at: 0)) + CalendarDay.postgresEpochDays
  }

  /// The elements of a one-dimensional array without NULLs.
  func elements(_ column: StaticString) -> [Cell] {
    guard bytes.count >= 12 else { mismatch(column) }
    let dimensions = load(Int32.self, at: 0)
    let elementType = load(UInt32.self, at: 8)
    if dimensions == 0 { return [] }
    guard dimensions == 1, load(Int32.self, at: 4) == 0 else { mismatch(column) }
    let count = Int(load(Int32.self, at: 12))
    var cells: [Cell] = []
    cells.reserveCapacity(count)
    var offset = 20
    for _ in 0..<count {
      let length = Int(load(Int32.self, at: offset))
      offset += 4
      cells.append(
        Cell(
          type: elementType, bytes: .init(rebasing: bytes[offset..<(offset + length)])))
      offset += length
    }
    return cells
  }

  func expect(_ type: UInt32, _ column: StaticString) -> UnsafeRawBufferPointer {
    guard self.type == type else { mismatch(column) }
    return bytes
  }

  private func load<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number {
    Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  private func mismatch(_ column: StaticString) -> Never {
    fatalError("column \(column) has another type (\(type))")
  }

  // numeric: digits in base 10,000, the weight of the first, a sign, a display scale.
  private var numericDigits: Int { Int(load(Int16.self, at: 0)) }
  private var numericWeight: Int { Int(load(Int16.self, at: 2)) }
  private var numericSign: UInt16 { load(UInt16.self, at: 4) }

  private func numericInteger(_ column: StaticString) -> Int {
    guard numericSign == 0 || numericSign == 0x4000 else { mismatch(column) }
    var number = 0
    for position in 0..<max(numericDigits, numericWeight + 1) {
      let digit = position < numericDigits ? Int(load(Int16.self, at: 8 + position * 2)) : 0
      guard position <= numericWeight else {
        guard digit == 0 else { fatalError("column \(column) has a fraction") }
        continue
      }
      number = number * 10_000 + digit
    }
    return numericSign == 0 ? number : -number
  }

  private func numericDouble() -> Double {
    switch numericSign {
    case 0xC000: return .nan
    case 0xD000: return .infinity
    case 0xF000: return -.infinity
    default: break
    }
    // Whole and fraction apart, so that ordinary decimals come out as the nearest double.
    var whole = 0.0
    var fraction = 0.0
    var scale = 1.0
    for position in 0..<numericDigits {
      let digit = Double(load(Int16.self, at: 8 + position * 2))
      if position <= numericWeight {
        whole = whole * 10_000 + digit
      } else {
        fraction = fraction * 10_000 + digit
        scale *= 10_000
      }
    }
    for _ in numericDigits..<max(numericDigits, numericWeight + 1) { whole *= 10_000 }
    if numericWeight < -1 { for _ in 0..<(-1 - numericWeight) { scale *= 10_000 } }
    let magnitude = whole + fraction / scale
    return numericSign == 0x4000 ? -magnitude : magnitude
  }
}
