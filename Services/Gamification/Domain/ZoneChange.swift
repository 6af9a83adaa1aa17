import TimeZones

/// What a change of a user's zone, or of the hour at which days start, does to streaks: nothing.
///
/// Going east, the date jumps ahead, and a day that was not over yet is cut short. Such days are
/// excused: they keep a streak without lengthening it. Once a week at the most, so that moving the
/// clock is no way to skip days.
nonisolated enum ZoneChange {
  private static let pauseDays = 7

  /// The days that the change excuses.
  ///
  /// - Parameters:
  ///   - before: the local date by the old settings.
  ///   - after: the local date at the same instant by the new ones.
  ///   - excused: the days excused so far.
  static func excusedDays(
    before: CivilDate, after: CivilDate, excused: some Sequence<CivilDate>
  ) -> [CivilDate] {
    guard after > before else { return [] }
    if let last = excused.max(), before - last < pauseDays { return [] }
    return (0..<(after - before)).map { before + $0 }
  }
}
