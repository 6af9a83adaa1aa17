import TimeZones

/// What the sessions of one user add up to on one local day.
nonisolated struct DayTotals: Hashable, Sendable {
  var date: CivilDate
  /// How long the day really was.
  var daySeconds: Int
  /// Sums over all sessions: where they overlap, more than the day holds.
  var workSum: Int
  var breakSum: Int
  var workSessions: Int
  var breakSessions: Int
  /// 24 sums of work, by the hour that the local clock showed.
  var workByHourSum: [Int]

  /// Seconds of work, never more than the day had.
  var workSeconds: Int { min(workSum, daySeconds) }

  /// Seconds of breaks: what work has left of the day, at the most.
  var breakSeconds: Int { min(breakSum, daySeconds - workSeconds) }

  /// Work by hour, scaled so that it adds up to `workSeconds` on a day that is over-full.
  var workByHour: [Int] {
    guard workSum > daySeconds else { return workByHourSum }
    var sum = 0
    return workByHourSum.map { seconds in
      let before = sum * daySeconds / workSum
      sum += seconds
      return sum * daySeconds / workSum - before
    }
  }

  /// A day on which nothing was done.
  static func empty(_ date: CivilDate) -> DayTotals {
    DayTotals(
      date: date, daySeconds: 0, workSum: 0, breakSum: 0, workSessions: 0, breakSessions: 0,
      workByHourSum: emptyHours)
  }

  private static let emptyHours = [Int](repeating: 0, count: 24)
}
