/// The rule by which a zone's clock changes after the last change that its file lists.
///
/// The `TZ` string of POSIX with RFC 8536's extension: hours of a change from -167 to 167.
nonisolated struct PosixRule: Hashable, Sendable {
  /// Seconds east of UTC.
  var standardOffset: Int
  var daylight: Daylight?

  struct Daylight: Hashable, Sendable {
    var offset: Int
    var start: Change
    var end: Change
  }

  /// A day of a year, and the local time at which the clock changes on it.
  struct Change: Hashable, Sendable {
    var day: Day
    /// Seconds since local midnight; may be negative or over a day.
    var seconds: Int

    enum Day: Hashable, Sendable {
      /// `Jn`: 1 to 365, February 29 is never counted.
      case julian(Int)
      /// `n`: 0 to 365, February 29 is counted.
      case ordinal(Int)
      /// `Mm.w.d`: the w-th weekday d of month m, the last one where w is 5.
      case weekday(month: Int, week: Int, weekday: Int)
    }

    /// Local seconds since the epoch at which the clock changes in `year`.
    func localSeconds(in year: Int) -> Int64 {
      Int64(date(in: year).daysSinceEpoch) * 86_400 + Int64(seconds)
    }

    private func date(in year: Int) -> CivilDate {
      switch day {
      case .julian(let number):
        let afterFebruary = CivilDate.isLeap(year) && number >= 60 ? 1 : 0
        return CivilDate(year: year, month: 1, day: 1) + (number - 1 + afterFebruary)
      case .ordinal(let number):
        return CivilDate(year: year, month: 1, day: 1) + number
      case .weekday(let month, let week, let weekday):
        let first = CivilDate(year: year, month: month, day: 1)
        let earliest = first + floorRemainder(weekday - first.weekday, 7)
        let candidate = earliest + (week - 1) * 7
        return candidate - first < CivilDate.days(of: month, in: year) ? candidate : candidate - 7
      }
    }
  }

  /// The changes of three years around `year`, in order: each instant with the offset from then on.
  func changes(around year: Int) -> [(at: Int64, offset: Int)] {
    guard let daylight else { return [] }
    var changes: [(at: Int64, offset: Int)] = []
    for year in (year - 1)...(year + 1) {
      let start = daylight.start.localSeconds(in: year) - Int64(standardOffset)
      let end = daylight.end.localSeconds(in: year) - Int64(daylight.offset)
      changes.append((start, daylight.offset))
      changes.append((end, standardOffset))
    }
    // Where one summer ends in the moment the next begins, summer goes on.
    return changes.sorted { ($0.at, $0.offset) < ($1.at, $1.offset) }
  }
}

extension PosixRule {
  /// Reads a footer such as "CET-1CEST,M3.5.0,M10.5.0/3"; nil where it is malformed.
  nonisolated init?(parsing text: some Sequence<UInt8>) {
    var scanner = PosixScanner(bytes: Array(text))
    guard scanner.skipName(), let standard = scanner.offset() else { return nil }
    standardOffset = -standard
    daylight = nil
    if scanner.isAtEnd { return }

    guard scanner.skipName() else { return nil }
    var daylightOffset = standardOffset + 3600
    if !scanner.isAtEnd, !scanner.isAt(",") {
      guard let offset = scanner.offset() else { return nil }
      daylightOffset = -offset
    }
    if scanner.isAtEnd {
      scanner = PosixScanner(bytes: Array(",M3.2.0,M11.1.0".utf8))
    }
    guard scanner.take(","), let start = scanner.change(), scanner.take(","),
      let end = scanner.change(), scanner.isAtEnd
    else { return nil }
    daylight = Daylight(offset: daylightOffset, start: start, end: end)
  }
}

/// Walks over the bytes of a `TZ` string.
nonisolated private struct PosixScanner {
  var bytes: [UInt8]
  var index = 0

  var isAtEnd: Bool { index == bytes.count }

  func isAt(_ character: Unicode.Scalar) -> Bool {
    index < bytes.count && bytes[index] == UInt8(ascii: character)
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard isAt(character) else { return false }
    index += 1
    return true
  }

  /// Three letters or more, or anything between angle brackets.
  mutating func skipName() -> Bool {
    if take("<") {
      let start = index
      while index < bytes.count, !isAt(">") { index += 1 }
      return index > start && take(">")
    }
    let start = index
    while index < bytes.count, isLetter(bytes[index]) { index += 1 }
    return index - start >= 3
  }

  /// `[+-]hh[:mm[:ss]]`, in seconds.
  mutating func offset(hoursMax: Int = 24) -> Int? {
    let sign = take("-") ? -1 : 1
    if sign == 1 { _ = take("+") }
    guard let hours = number(), hours <= hoursMax else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] where take(":") {
      guard let part = number(), part < 60 else { return nil }
      seconds += part * unit
    }
    return sign * seconds
  }

  mutating func change() -> PosixRule.Change? {
    let day: PosixRule.Change.Day
    if take("J") {
      guard let number = number(), (1...365).contains(number) else { return nil }
      day = .julian(number)
    } else if take("M") {
      guard let month = number(), take("."), let week = number(), take("."),
        let weekday = number(), (1...12).contains(month), (1...5).contains(week),
        (0...6).contains(weekday)
      else { return nil }
      day = .weekday(month: month, week: week, weekday: weekday)
    } else {
      guard let number = number(), number <= 365 else { return nil }
      day = .ordinal(number)
    }
    guard take("/") else { return PosixRule.Change(day: day, seconds: 7200) }
    guard let seconds = offset(hoursMax: 167) else { return nil }
    return PosixRule.Change(day: day, seconds: seconds)
  }

  private mutating func number() -> Int? {
    let start = index
    while index < bytes.count, index - start < 4, bytes[index] >= 48, bytes[index] <= 57 {
      index += 1
    }
    return index > start ? decimal(bytes[start..<index]) : nil
  }

  private func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte)
  }
}
