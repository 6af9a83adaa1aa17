import EventLoopTesting
import Testing

@testable import TimeZones

struct ZoneTests {
  private func zone(_ name: String) throws -> Zone {
    try #require(ZoneDatabase.shared.zone(named: name))
  }

  private func date(_ text: String) throws -> CivilDate {
    try #require(CivilDate(parsing: text))
  }

  @Test func springDaysHave23HoursAndAutumnDays25() throws {
    let berlin = try zone("Europe/Berlin")
    #expect(berlin.lengthSeconds(of: try date("2026-03-29")) == 23 * 3600)
    #expect(berlin.lengthSeconds(of: try date("2026-10-25")) == 25 * 3600)
    #expect(berlin.lengthSeconds(of: try date("2026-06-01")) == 24 * 3600)
    #expect(try zone("Australia/Lord_Howe").lengthSeconds(of: try date("2026-10-04")) == 84_600)
  }

  @Test func theRuleHoldsAfterTheFilesLastChange() throws {
    let berlin = try zone("Europe/Berlin")
    for year in [2040, 2099, 2100, 2101, 2102, 2300] {
      let lengths = (0..<365).map {
        berlin.lengthSeconds(of: CivilDate(year: year, month: 1, day: 1) + $0)
      }
      #expect(lengths.filter { $0 == 23 * 3600 }.count == 1)
      #expect(lengths.filter { $0 == 25 * 3600 }.count == 1)
    }
  }

  @Test func aDayMayStartInAGap() throws {
    // The clock went from 24:00 on September 5 to 01:00 on September 6.
    let santiago = try zone("America/Santiago")
    let start = santiago.start(of: try date("2026-09-06"))
    #expect(santiago.hour(at: start) == 1)
    #expect(santiago.hour(at: start - 1) == 23)
    #expect(santiago.date(at: start).description == "2026-09-06")
    #expect(santiago.date(at: start - 1).description == "2026-09-05")
    // 02:00 was skipped in Berlin.
    let berlin = try zone("Europe/Berlin")
    #expect(berlin.hour(at: berlin.start(of: try date("2026-03-29"), dayStartHour: 2)) == 3)
  }

  @Test func aDayThatStartsTwiceStartsTheFirstTime() throws {
    let berlin = try zone("Europe/Berlin")
    let start = berlin.start(of: try date("2026-10-25"), dayStartHour: 2)
    #expect(berlin.hour(at: start) == 2)
    #expect(berlin.hour(at: start + 3_600_000) == 2)
    #expect(berlin.date(at: start + 3_600_000, dayStartHour: 2).description == "2026-10-25")
  }

  @Test func aClockSetBackOverMidnightStartsNoSecondDay() throws {
    // 2006-10-29 00:01 in St. John's became 2006-10-28 23:01.
    let zone = try zone("America/St_Johns")
    let start = zone.start(of: try date("2006-10-29"))
    #expect(zone.date(at: start + 30 * 60_000).description == "2006-10-29")
    #expect(zone.hour(at: start + 30 * 60_000) == 23)
    #expect(zone.lengthSeconds(of: try date("2006-10-29")) == 25 * 3600)
  }

  @Test func aSkippedDayHasNoLength() throws {
    let apia = try zone("Pacific/Apia")
    #expect(apia.lengthSeconds(of: try date("2011-12-30")) == 0)
    #expect(apia.date(at: apia.start(of: try date("2011-12-30"))).description == "2011-12-31")
  }

  @Test func hoursEndAtFullHoursAndAtChanges() throws {
    let kathmandu = try zone("Asia/Kathmandu")
    let next = kathmandu.nextHour(after: 1_700_000_000_000)
    #expect(kathmandu.hour(at: next) != kathmandu.hour(at: next - 1))
    let lordHowe = try zone("Australia/Lord_Howe")
    // 2026-04-05 02:00 became 01:30: 15:00 UTC of the day before.
    let change: Int64 = 1_775_314_800_000
    #expect(lordHowe.offsetSeconds(at: change - 1) == 39_600)
    #expect(lordHowe.offsetSeconds(at: change) == 37_800)
    #expect(lordHowe.nextHour(after: change - 1000) == change)
    #expect(lordHowe.nextHour(after: change) == change + 1_800_000)
  }

  @Test func daysPartTimeInEveryZone() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for name in try ZoneNames.all() {
      let zone = try zone(name)
      for _ in 0..<20 {
        let instant = Int64.random(in: -2_000_000_000_000...6_000_000_000_000, using: &random)
        let hour = Int.random(in: 0...23, using: &random)
        let date = zone.date(at: instant, dayStartHour: hour)
        #expect(zone.start(of: date, dayStartHour: hour) <= instant, "\(name) \(instant)")
        #expect(zone.start(of: date + 1, dayStartHour: hour) > instant, "\(name) \(instant)")
      }
    }
  }
}
