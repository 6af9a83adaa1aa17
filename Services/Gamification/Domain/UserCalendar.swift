import TimeZones

/// How a user counts days and weeks.
nonisolated struct UserCalendar: Hashable, Sendable {
  var zone: String
  /// 0 to 23.
  var dayStartHour: Int
  var weekStart: WeekStartDay

  /// The values are those of the contract's enum, and of the database.
  enum WeekStartDay: Int32, Sendable {
    case monday = 1
    case sunday = 2
  }

  /// The first day of the week that holds a day.
  func weekStart(of date: CivilDate) -> CivilDate {
    date.startOfWeek(beginningOn: weekStart == .sunday ? 0 : 1)
  }
}
