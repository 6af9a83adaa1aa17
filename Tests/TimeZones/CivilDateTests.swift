import Testing

@testable import TimeZones

struct CivilDateTests {
  @Test func theEpochIsDayZero() {
    #expect(CivilDate(year: 1970, month: 1, day: 1).daysSinceEpoch == 0)
    #expect(CivilDate(year: 1969, month: 12, day: 31).daysSinceEpoch == -1)
    #expect(CivilDate(year: 2000, month: 3, day: 1).daysSinceEpoch == 11_017)
  }

  @Test func everyDayOfEightCenturiesComesBack() {
    var expected = CivilDate(year: 1600, month: 1, day: 1)
    for year in 1600..<2400 {
      for month in 1...12 {
        for day in 1...CivilDate.days(of: month, in: year) {
          #expect(CivilDate(year: year, month: month, day: day) == expected)
          #expect(expected.components == (year, month, day))
          expected = expected + 1
        }
      }
    }
  }

  @Test func textIsReadAndWritten() {
    #expect(CivilDate(parsing: "2026-02-28")?.description == "2026-02-28")
    #expect(CivilDate(parsing: "2024-02-29")?.description == "2024-02-29")
    for text in [
      "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-00", "", "2026-01-0x",
      "+026-01-01", "2026/01/01", "2026-01-011",
    ] {
      #expect(CivilDate(parsing: text) == nil, "\(text)")
    }
  }

  @Test func weeksStartOnTheChosenDay() {
    let saturday = CivilDate(year: 2026, month: 11, day: 21)
    #expect(saturday.weekday == 6)
    #expect(saturday.startOfWeek(beginningOn: 1).description == "2026-11-16")
    #expect(saturday.startOfWeek(beginningOn: 0).description == "2026-11-15")
    #expect(saturday.startOfWeek(beginningOn: 6) == saturday)
    #expect(CivilDate(year: 1969, month: 12, day: 31).weekday == 3)
  }
}
