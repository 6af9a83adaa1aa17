/// A time zone: what its clocks show at any instant, and when its days begin.
///
/// Instants are milliseconds since the epoch. Immutable, so that one is shared by all who ask.
nonisolated public final class Zone: Sendable {
  /// The IANA name, e.g. "Europe/Berlin".
  public let name: String
  private let file: ZoneFile

  init(name: String, file: ZoneFile) {
    self.name = name
    self.file = file
  }

  /// Reads the bytes of a TZif file (RFC 8536); nil where they are none.
  public convenience init?(name: String, tzif bytes: [UInt8]) {
    do {
      self.init(name: name, file: try ZoneFile(parsing: bytes))
    } catch {
      return nil
    }
  }

  /// Coordinated Universal Time: there without any file.
  public static let utc = Zone(name: "UTC")

  private init(name: String) {
    self.name = name
    file = ZoneFile()
  }

  // MARK: - Clocks

  /// Seconds east of UTC that the zone's clocks showed at an instant.
  public func offsetSeconds(at instant: Int64) -> Int {
    span(at: floorDivide(instant, 1000)).offset
  }

  /// The hour, 0 to 23, that the zone's clocks showed at an instant.
  public func hour(at instant: Int64) -> Int {
    let local = floorDivide(instant, 1000) + Int64(offsetSeconds(at: instant))
    return Int(floorRemainder(local, 86_400) / 3600)
  }

  /// The first instant after this one at which the clock shows a full hour or is changed.
  public func nextHour(after instant: Int64) -> Int64 {
    let span = span(at: floorDivide(instant, 1000))
    let local = instant + Int64(span.offset) * 1000
    let boundary = (floorDivide(local, 3_600_000) + 1) * 3_600_000 - Int64(span.offset) * 1000
    return span.end < Int64.max / 1000 ? min(boundary, span.end * 1000) : boundary
  }

  // MARK: - Days

  /// The local day that an instant belongs to.
  ///
  /// Days part the time without gap or overlap: a day lasts from its start to the start of the next,
  /// even where the clock was set back over midnight and showed the old date again.
  ///
  /// - Parameter dayStartHour: the hour, 0 to 23, at which the user's days begin.
  public func date(at instant: Int64, dayStartHour: Int = 0) -> CivilDate {
    let local = floorDivide(instant, 1000) + Int64(offsetSeconds(at: instant) - dayStartHour * 3600)
    var date = CivilDate(daysSinceEpoch: Int(floorDivide(local, 86_400)))
    while instant < start(of: date, dayStartHour: dayStartHour) { date = date - 1 }
    while instant >= start(of: date + 1, dayStartHour: dayStartHour) { date = date + 1 }
    return date
  }

  /// The instant at which a local day begins: when the clock first shows its start or a later time.
  ///
  /// Where the clock skips the day's start, that is the moment of the skip; where it shows the start
  /// twice, the first time.
  public func start(of date: CivilDate, dayStartHour: Int = 0) -> Int64 {
    let local = Int64(date.daysSinceEpoch) * 86_400 + Int64(dayStartHour) * 3600
    // No offset reaches 26 hours, so that two days before, the clock shows an earlier time.
    var from = local - 2 * 86_400
    while true {
      let span = span(at: from)
      let reached = local - Int64(span.offset)
      if reached <= from { return from * 1000 }
      if reached < span.end { return reached * 1000 }
      from = span.end
    }
  }

  /// How long a local day really is, in seconds: 0 where the calendar skipped it.
  public func lengthSeconds(of date: CivilDate, dayStartHour: Int = 0) -> Int {
    let length =
      start(of: date + 1, dayStartHour: dayStartHour) - start(of: date, dayStartHour: dayStartHour)
    return Int(length / 1000)
  }

  // MARK: - Spans

  /// The offset at `second`, and the second at which the next change comes.
  private func span(at second: Int64) -> (offset: Int, end: Int64) {
    let transitions = file.transitions
    let next = transitions.partitioningIndex { $0 > second }
    if next < transitions.count {
      let offset = next == 0 ? file.firstOffset : file.offsets[next - 1]
      return (Int(offset), transitions[next])
    }
    if let rule = file.rule { return span(at: second, by: rule) }
    return (Int(file.offsets.last ?? file.firstOffset), .max)
  }

  private func span(at second: Int64, by rule: PosixRule) -> (offset: Int, end: Int64) {
    guard rule.daylight != nil else { return (rule.standardOffset, .max) }
    let days = Int(floorDivide(second + Int64(rule.standardOffset), 86_400))
    let changes = rule.changes(around: CivilDate(daysSinceEpoch: days).components.year)
    let next = changes.partitioningIndex { $0.at > second }
    return (
      next == 0 ? rule.standardOffset : changes[next - 1].offset,
      next < changes.count ? changes[next].at : .max
    )
  }
}

extension Array {
  /// The first index whose element fulfils a condition that, once true, stays true.
  nonisolated fileprivate func partitioningIndex(_ condition: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
