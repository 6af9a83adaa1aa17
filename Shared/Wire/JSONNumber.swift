/// Numbers.
nonisolated extension JSONReader {
  /// An integer as it stands in the text; its size is unbounded there.
  enum Integer {
    /// Its magnitude and whether it is negative.
    case value(UInt64, negative: Bool)
    case tooLarge(negative: Bool)
  }

  @inline(__always) mutating func integer() throws(JSONError) -> Integer {
    let first = position
    let negative = take(0x2d)
    guard (0x30...0x39).contains(peek) else { throw error("expected an integer") }
    if peek == 0x30 {
      skipOne()
      if (0x30...0x39).contains(peek) { throw error("a number starts with 0") }
      return hasFraction ? try wholeNumber(from: first) : .value(0, negative: negative)
    }
    var value: UInt64 = 0
    var overflows = false
    while (0x30...0x39).contains(peek) {
      let (tens, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = tens.addingReportingOverflow(UInt64(peek - 0x30))
      overflows = overflows || first || second
      value = sum
      skipOne()
    }
    if hasFraction { return try wholeNumber(from: first) }
    return overflows ? .tooLarge(negative: negative) : .value(value, negative: negative)
  }

  @inline(__always) private var hasFraction: Bool {
    peek == 0x2e || peek == 0x65 || peek == 0x45
  }

  /// `25.0` and `1e3` are integers too, as JSON has one kind of number only.
  private mutating func wholeNumber(
    from first: UnsafePointer<UInt8>
  ) throws(JSONError) -> Integer {
    rewind(to: first)
    let value = try double()
    guard value == value.rounded() else { throw error("expected an integer") }
    guard value.magnitude <= 0x1p53 else { return .tooLarge(negative: value < 0) }
    return .value(UInt64(value.magnitude), negative: value < 0)
  }

  @inline(__always) private mutating func skipOne() { _ = take(peek) }

  mutating func double() throws(JSONError) -> Double {
    let first = position
    try skipNumber()
    // Short and exact: at most one division (Clinger's fast path).
    var digits: UInt64 = 0
    var count = 0
    var scale = 0
    var afterPoint = false
    var isSimple = true
    var at = first
    let negative = at[0] == 0x2d
    if negative { at += 1 }
    while at < position {
      let byte = at[0]
      if byte == 0x2e {
        afterPoint = true
      } else if (0x30...0x39).contains(byte) {
        digits = digits &* 10 &+ UInt64(byte - 0x30)
        count += 1
        if afterPoint { scale += 1 }
      } else {
        isSimple = false
        break
      }
      at += 1
    }
    if isSimple, count <= 15 {
      let value = Double(digits) / Self.powersOfTen(scale)
      return negative ? -value : value
    }
    let text = String(
      decoding: UnsafeBufferPointer(start: first, count: position - first), as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw error("a number is out of range") }
    return value
  }

  /// 10^n for n of at most 15: exact.
  private static func powersOfTen(_ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent { result *= 10 }
    return result
  }

  private mutating func skipNumber() throws(JSONError) {
    _ = take(0x2d)
    if take(0x30) {
      if (0x30...0x39).contains(peek) { throw error("a number starts with 0") }
    } else {
      try skipDigits()
    }
    if take(0x2e) { try skipDigits() }
    if take(0x65) || take(0x45) {
      if !take(0x2b) { _ = take(0x2d) }
      try skipDigits()
    }
  }

  private mutating func skipDigits() throws(JSONError) {
    guard (0x30...0x39).contains(peek) else { throw error("expected a number") }
    while (0x30...0x39).contains(peek) { skipOne() }
  }
}
