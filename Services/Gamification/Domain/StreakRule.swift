import TimeZones

/// Local days in a row on each of which a work session ended.
///
/// - A day without sessions breaks a streak only when it is over: yesterday's streak still stands.
/// - A day counts under the date it had for its user then; in a new zone, today may be earlier than
///   the last active day, and the streak stands too.
/// - An excused day (see `ZoneChange`) keeps a streak and never lengthens it.
/// - So does a freeze. Each seven days of a streak earn one; it is spent by itself on a day that was
///   missed. Two days in a row are all that freezes cover, and a broken streak takes its own along.
///
/// All of it follows from the active days alone, and one more of these never makes a streak shorter.
/// The database has the rule for longest streaks too (`longest_streak`); a test holds both together.
nonisolated struct StreakRule: Hashable, Sendable {
  let current: Int
  let longest: Int
  let lastActive: CivilDate?
  let isActiveToday: Bool
  /// The streak ends with today unless something is done.
  let isAtRisk: Bool
  /// How many missed days the streak would outlive by now.
  let freezesLeft: Int

  private static let daysForFreeze = 7
  private static let freezesInRowMax = 2

  /// - Parameters:
  ///   - active: the days, ascending, none twice.
  ///   - excused: days that break no streak.
  init(active: [CivilDate], excused: Set<CivilDate>, today: CivilDate) {
    func missedDays(_ earlier: CivilDate, _ later: CivilDate) -> Int {
      guard later - earlier > 1 else { return 0 }
      return later - earlier - 1 - excused.count { earlier < $0 && $0 < later }
    }
    var run = 0
    var used = 0
    var longest = 0
    var last: CivilDate?
    var covered: Int { min(Self.freezesInRowMax, run / Self.daysForFreeze - used) }
    for date in active {
      if let last, missedDays(last, date) <= covered {
        used += missedDays(last, date)
        run += 1
      } else {
        run = 1
        used = 0
      }
      longest = max(longest, run)
      last = date
    }
    lastActive = last
    isActiveToday = last.map { $0 >= today } ?? false
    self.longest = longest

    let missed = last.map { missedDays($0, today) } ?? 0
    if missed > covered {
      current = 0
      isAtRisk = false
      freezesLeft = 0
    } else {
      current = run
      let missedTonight = excused.contains(today) ? missed : missed + 1
      isAtRisk = run > 0 && !isActiveToday && missedTonight > covered
      freezesLeft = min(Self.freezesInRowMax, run / Self.daysForFreeze - used - missed)
    }
  }
}
