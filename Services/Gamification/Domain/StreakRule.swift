import TimeZones

/// Local days in a row on each of which a work session ended.
///
/// - A day without sessions breaks a streak only when it is over: yesterday's streak still stands.
/// - A day counts under the date it had for its user then; in a new zone, today may be earlier than
///   the last active day, and the streak stands too.
/// - An excused day (see `ZoneChange`) keeps a streak and never lengthens it.
nonisolated struct StreakRule: Hashable, Sendable {
  let current: Int
  let longest: Int
  let lastActive: CivilDate?
  let isActiveToday: Bool

  /// The streak ends with today unless something is done.
  var isAtRisk: Bool { current > 0 && !isActiveToday }

  /// - Parameters:
  ///   - active: the days, ascending, none twice.
  ///   - excused: days that break no streak.
  init(active: [CivilDate], excused: Set<CivilDate>, today: CivilDate) {
    func areNeighbours(_ earlier: CivilDate, _ later: CivilDate) -> Bool {
      var date = earlier + 1
      while date < later, excused.contains(date) { date = date + 1 }
      return date >= later
    }
    var run = 0
    var longest = 0
    var last: CivilDate?
    for date in active {
      if let last, areNeighbours(last, date) { run += 1 } else { run = 1 }
      longest = max(longest, run)
      last = date
    }
    lastActive = last
    isActiveToday = last.map { $0 >= today } ?? false
    current = last.map { $0 >= today || areNeighbours($0, today) ? run : 0 } ?? 0
    self.longest = longest
  }
}
