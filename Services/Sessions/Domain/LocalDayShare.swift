import TimeZones

/// A session's part in one local day of its user.
nonisolated struct LocalDayShare: Hashable, Sendable {
  var date: CivilDate
  var seconds: Int
  /// 1 on the day on which the session ended, otherwise 0.
  var sessions: Int
  /// 24 sums of seconds, by the hour that the local clock showed.
  var byHour: [Int]
  /// How long the day really was.
  var daySeconds: Int
}

extension FocusSession.Calendar {
  /// Splits a completed session over its user's local days, in order.
  ///
  /// A day gets what of the session fell into it. The session counts once, on the day on which it
  /// ended; a session that ends exactly at midnight ended on the day before, unless it was empty.
  ///
  /// Seconds are the differences of rounded-down running sums: they add up to the session's, and no
  /// day gets more than its real length.
  nonisolated func shares(of clock: SessionClock, in zone: Zone) -> [LocalDayShare] {
    guard let end = clock.end else { return [] }
    var split = DaySplit(zone: zone, dayStartHour: dayStartHour)
    for segment in clock.segments { split.add(segment) }
    // The last moment that belongs to the session, as its end does not.
    split.count(endingAt: end > clock.start ? end - 1 : end)
    return split.shares
  }

  /// The local day on which a session counts: that of its end, of its start while it is active.
  nonisolated func date(of clock: SessionClock, in zone: Zone) -> CivilDate {
    guard let end = clock.end else { return zone.date(at: clock.start, dayStartHour: dayStartHour) }
    return zone.date(at: end > clock.start ? end - 1 : end, dayStartHour: dayStartHour)
  }
}

/// Distributes stretches of time over days and hours.
nonisolated private struct DaySplit {
  let zone: Zone
  let dayStartHour: Int
  var shares: [LocalDayShare] = []
  private var milliseconds: Int64 = 0

  init(zone: Zone, dayStartHour: Int) {
    self.zone = zone
    self.dayStartHour = dayStartHour
  }

  mutating func add(_ segment: Interval) {
    var position = segment.start
    while position < segment.end {
      let index = day(of: position)
      let dayEnd = zone.start(of: shares[index].date + 1, dayStartHour: dayStartHour)
      while position < min(segment.end, dayEnd) {
        let next = min(segment.end, dayEnd, zone.nextHour(after: position))
        let seconds = Int((milliseconds + next - position) / 1000 - milliseconds / 1000)
        milliseconds += next - position
        shares[index].seconds += seconds
        shares[index].byHour[zone.hour(at: position)] += seconds
        position = next
      }
    }
  }

  mutating func count(endingAt instant: Int64) {
    let index = day(of: instant)
    shares[index].sessions = 1
    shares.removeAll { $0.seconds == 0 && $0.sessions == 0 }
  }

  /// The index of the day that holds an instant, which is never before the days so far.
  private mutating func day(of instant: Int64) -> Int {
    let date = zone.date(at: instant, dayStartHour: dayStartHour)
    if let last = shares.indices.last, shares[last].date == date { return last }
    shares.append(
      LocalDayShare(
        date: date, seconds: 0, sessions: 0, byHour: [Int](repeating: 0, count: 24),
        daySeconds: zone.lengthSeconds(of: date, dayStartHour: dayStartHour)))
    return shares.count - 1
  }
}
