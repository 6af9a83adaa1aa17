import Testing
import TimeZones

@testable import Gamification

struct DayTotalsTests {
  private let date = CivilDate(year: 2026, month: 11, day: 21)

  private func day(work: Int, rest: Int = 0, sessions: Int = 1, hours: [Int: Int] = [:])
    -> DayTotals
  {
    var day = DayTotals.empty(date)
    day.daySeconds = 86_400
    day.workSum = work
    day.breakSum = rest
    day.workSessions = sessions
    for (hour, seconds) in hours { day.workByHourSum[hour] = seconds }
    return day
  }

  @Test func aDayHoldsNoMoreThanItsLength() {
    let day = day(work: 100_000, rest: 50, hours: [0: 50_000, 23: 50_000])
    #expect(day.workSeconds == 86_400)
    #expect(day.breakSeconds == 0)
    #expect(day.workByHour[0] == 43_200)
    #expect(day.workByHour.reduce(0, +) == 86_400)
  }

  @Test func breaksGetWhatWorkLeaves() {
    #expect(day(work: 86_000, rest: 900).breakSeconds == 400)
    #expect(day(work: 0, rest: 900).breakSeconds == 900)
  }

  @Test func overlappingHoursStayAsTheyAreOnADayThatIsNotFull() {
    let day = day(work: 9000, hours: [9: 9000])
    #expect(day.workByHour[9] == 9000)
  }

  @Test func aRangeHasEachDayOnce() {
    let range = DayRange(
      from: date - 2, through: date, [day(work: 90, sessions: 2), .empty(date - 9)])
    #expect(range.days.map(\.date) == [date - 2, date - 1, date])
    #expect(range.workSeconds == 90)
    #expect(range.workSessions == 2)
    #expect(range.averageSessionSeconds == 45)
    #expect(DayRange(from: date, through: date, []).averageSessionSeconds == 0)
  }

  @Test func weeksStartAsTheUserSays() {
    var calendar = UserCalendar(zone: "UTC", dayStartHour: 0, weekStart: .monday)
    #expect(calendar.weekStart(of: date).description == "2026-11-16")
    calendar.weekStart = .sunday
    #expect(calendar.weekStart(of: date).description == "2026-11-15")
    #expect(calendar.weekStart(of: date + 1) == date + 1)
  }
}
