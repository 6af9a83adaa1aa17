import Testing
import TimeZones

@testable import Sessions

struct ActivityTallyTests {
  private let today = CivilDate(year: 2026, month: 11, day: 21)

  private func share(_ date: CivilDate, _ seconds: Int) -> LocalDayShare {
    LocalDayShare(
      date: date, seconds: seconds, sessions: 0, byHour: [Int](repeating: 0, count: 24),
      daySeconds: 86_400)
  }

  @Test func sumsAgreeWithEachOther() {
    var tally = ActivityTally(days: 3, through: today)
    tally.add([share(today - 1, 100), share(today, 50)], on: "p")
    tally.add([share(today, 25)], on: nil)
    tally.add([share(today - 2, 400)], on: "q")
    #expect(tally.secondsByDay == [400, 100, 75])
    #expect(tally.totalSeconds == 575)
    #expect(tally.projects.map(\.id) == ["q", "p", nil])
    #expect(tally.projects.map(\.seconds) == [400, 150, 25])
  }

  @Test func whatLiesOutsideIsLeftOut() {
    var tally = ActivityTally(days: 1, through: today)
    tally.add([share(today - 1, 100), share(today, 50), share(today + 1, 30)], on: "p")
    #expect(tally.totalSeconds == 50)
    #expect(tally.projects.map(\.seconds) == [50])
  }

  @Test(arguments: [
    (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (3900, "1 h 5 min"),
    (86_400, "24 h"),
  ])
  func lengthsAreToldInWords(seconds: Int, text: String) {
    #expect("\(DurationText(seconds: seconds))" == text)
  }
}
