import TimeZones

/// The time that a leaderboard looks at. Windows turn at 00:00 UTC, for everybody at once.
nonisolated struct BoardWindow: Hashable, Sendable {
  /// The values are those of the contract's enum, and of the database.
  enum Span: Int32, CaseIterable, Sendable {
    case day = 1
    case week = 2
    case month = 3
    case overall = 4
  }

  let span: Span
  /// The first day in UTC, since 1970-01-01; 0 of all time.
  let firstDay: Int
  /// The first day after it; nil of all time.
  let endDay: Int?

  private static let dayMilliseconds: Int64 = 86_400_000

  /// The window of the span that holds an instant.
  ///
  /// - Parameter now: milliseconds since the epoch.
  init(_ span: Span, at now: Int64) {
    let today = CivilDate(daysSinceEpoch: Int(now / Self.dayMilliseconds))
    self.span = span
    switch span {
    case .day:
      firstDay = today.daysSinceEpoch
      endDay = firstDay + 1
    case .week:
      firstDay = today.startOfWeek(beginningOn: 1).daysSinceEpoch
      endDay = firstDay + 7
    case .month:
      let (year, month, _) = today.components
      firstDay = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
      endDay = firstDay + CivilDate.days(of: month, in: year)
    case .overall:
      firstDay = 0
      endDay = nil
    }
  }

  /// Milliseconds since the epoch.
  var startsAt: Int64? { endDay == nil ? nil : Int64(firstDay) * Self.dayMilliseconds }
  var resetsAt: Int64? { endDay.map { Int64($0) * Self.dayMilliseconds } }
}
