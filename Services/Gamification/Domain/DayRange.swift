import TimeZones

/// Local days in a row, with what was done on each.
nonisolated struct DayRange: Hashable, Sendable {
  /// One entry a day, the oldest first.
  let days: [DayTotals]

  /// - Parameter totals: days in any order; those outside of the range are left out.
  init(from first: CivilDate, through last: CivilDate, _ totals: some Sequence<DayTotals>) {
    var days = (0..<max(0, last - first + 1)).map { DayTotals.empty(first + $0) }
    for day in totals where day.date >= first && day.date <= last {
      days[day.date - first] = day
    }
    self.days = days
  }

  var workSeconds: Int { days.reduce(0) { $0 + $1.workSeconds } }
  var breakSeconds: Int { days.reduce(0) { $0 + $1.breakSeconds } }
  var workSessions: Int { days.reduce(0) { $0 + $1.workSessions } }
  var breakSessions: Int { days.reduce(0) { $0 + $1.breakSessions } }

  /// Seconds of work for each work session, rounded to the nearest; 0 without any.
  var averageSessionSeconds: Int {
    let sessions = workSessions
    return sessions == 0 ? 0 : (workSeconds + sessions / 2) / sessions
  }
}
