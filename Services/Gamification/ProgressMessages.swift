import Contracts
import TimeZones

extension FocusMetrics {
  /// Today and this week of a user, without the time at which they are asked for. All of it is text
  /// that is written once: it is asked for much more often than it changes.
  @MainActor init(
    _ calendar: UserCalendar, today: CivilDate, week: DayRange, streak: StreakRule,
    badges: [Badge]
  ) throws {
    let schemas = Schemas.transcoder
    let daily = week.days.first { $0.date == today } ?? .empty(today)
    self.init(
      timezone: calendar.zone, daily: try schemas.json(of: DailyMetrics(daily)),
      weekly: try schemas.json(of: WeeklyMetrics(week, from: week.days.first?.date ?? today)),
      byType: try schemas.json(
        of: TypeTotals(
          work: UInt32(clamping: week.workSeconds), break: UInt32(clamping: week.breakSeconds))),
      streak: try schemas.json(
        of: StreakTotals(current: UInt32(streak.current), longest: UInt32(streak.longest))),
      badges: try schemas.json(of: badges))
  }
}

extension DailyMetrics {
  init(_ day: DayTotals) {
    self.init(
      date: "\(day.date)", totalSeconds: UInt32(clamping: day.workSeconds),
      totalMinutes: Double(day.workSeconds) / 60, sessions: UInt32(clamping: day.workSessions),
      byHour: day.workByHour.map { UInt32(clamping: $0) })
  }
}

extension WeeklyMetrics {
  init(_ week: DayRange, from start: CivilDate) {
    self.init(
      start: "\(start)", end: "\(start + 6)", totalSeconds: UInt32(clamping: week.workSeconds),
      totalMinutes: Double(week.workSeconds) / 60, sessions: UInt32(clamping: week.workSessions),
      averageSessionSeconds: UInt32(clamping: week.averageSessionSeconds),
      byDay: week.days.map {
        DayTotal(
          date: "\($0.date)", totalSeconds: UInt32(clamping: $0.workSeconds),
          sessions: UInt32(clamping: $0.workSessions))
      })
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
