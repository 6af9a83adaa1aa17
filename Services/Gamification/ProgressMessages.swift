import Contracts
import TimeZones

extension FocusMetrics {
  /// Today and this week of a user, without the time at which they are asked for.
  ///
  /// - Parameter badges: the JSON of a list of `Badge`.
  init(
    _ calendar: UserCalendar, today: CivilDate, week: DayRange, streak: StreakRule,
    badges: String
  ) {
    let start = week.days.first?.date ?? today
    let daily = week.days.first { $0.date == today } ?? .empty(today)
    let weekSeconds = week.workSeconds
    self.init(
      timezone: calendar.zone,
      daily: DailyMetrics(
        date: "\(today)", totalSeconds: UInt32(clamping: daily.workSeconds),
        totalMinutes: Double(daily.workSeconds) / 60,
        sessions: UInt32(clamping: daily.workSessions),
        byHour: daily.workByHour.map { UInt32(clamping: $0) }),
      weekly: WeeklyMetrics(
        start: "\(start)", end: "\(start + 6)", totalSeconds: UInt32(clamping: weekSeconds),
        totalMinutes: Double(weekSeconds) / 60, sessions: UInt32(clamping: week.workSessions),
        averageSessionSeconds: UInt32(clamping: week.averageSessionSeconds),
        byDay: week.days.map {
          DayTotal(
            date: "\($0.date)", totalSeconds: UInt32(clamping: $0.workSeconds),
            sessions: UInt32(clamping: $0.workSessions))
        }),
      byType: TypeTotals(
        work: UInt32(clamping: weekSeconds), break: UInt32(clamping: week.breakSeconds)),
      streak: StreakTotals(
        current: UInt32(streak.current), longest: UInt32(streak.longest)), badges: badges)
  }
}

extension Streak {
  init(_ rule: StreakRule, zone: String) {
    self.init(
      current: UInt32(rule.current), longest: UInt32(rule.longest),
      lastActiveDate: rule.lastActive.map { "\($0)" }, activeToday: rule.isActiveToday,
      atRisk: rule.isAtRisk, freezesLeft: UInt32(rule.freezesLeft), timezone: zone)
  }
}

extension Stats {
  init(_ range: DayRange, of userID: String) {
    let minutes = Double(range.workSeconds) / 60
    let sessions = range.workSessions
    self.init(
      userID: userID, days: UInt32(range.days.count), totalFocusTime: minutes,
      totalSessions: UInt32(clamping: sessions),
      averageSessionDuration: sessions == 0 ? 0 : minutes / Double(sessions),
      workSessions: UInt32(clamping: sessions),
      breakSessions: UInt32(clamping: range.breakSessions),
      daily: range.days.map {
        StatsDay(
          date: "\($0.date)", minutes: Double($0.workSeconds) / 60,
          sessions: UInt32(clamping: $0.workSessions))
      })
  }
}
