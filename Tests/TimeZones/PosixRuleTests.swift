import Testing

@testable import TimeZones

struct PosixRuleTests {
  @Test func aZoneWithoutSummerHasOneOffset() {
    #expect(PosixRule(parsing: "JST-9".utf8)?.standardOffset == 32_400)
    #expect(PosixRule(parsing: "<+0545>-5:45".utf8)?.standardOffset == 20_700)
    #expect(PosixRule(parsing: "<-03>3".utf8)?.standardOffset == -10_800)
  }

  @Test func summerBeginsAndEndsByTheRule() throws {
    let rule = try #require(PosixRule(parsing: "CET-1CEST,M3.5.0,M10.5.0/3".utf8))
    let changes = rule.changes(around: 2026)
    // 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC.
    #expect(changes[2].at == 1_774_746_000)
    #expect(changes[2].offset == 7200)
    #expect(changes[3].at == 1_792_890_000)
    #expect(changes[3].offset == 3600)
  }

  @Test func changesMayComeDaysFromTheirDay() throws {
    // Greenland's: Saturday evening, written as Sunday minus hours.
    let rule = try #require(PosixRule(parsing: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0".utf8))
    #expect(rule.daylight?.start.seconds == -3600)
    #expect(
      PosixRule(parsing: "IST-2IDT,M3.4.4/26,M10.5.0".utf8)?.daylight?.start.seconds == 93_600)
  }

  @Test func julianDaysNeverCountTheLeapDay() {
    let julian = PosixRule.Change(day: .julian(60), seconds: 0)
    let ordinal = PosixRule.Change(day: .ordinal(59), seconds: 0)
    let march = { (year: Int) in
      Int64(CivilDate(year: year, month: 3, day: 1).daysSinceEpoch) * 86_400
    }
    #expect(julian.localSeconds(in: 2024) == march(2024))
    #expect(julian.localSeconds(in: 2025) == march(2025))
    #expect(ordinal.localSeconds(in: 2024) == march(2024) - 86_400)
    #expect(ordinal.localSeconds(in: 2025) == march(2025))
  }

  @Test(arguments: [
    "", "AB1", "ABC", "ABC25", "ABC1:60", "ABC1DEF,M13.1.1,M1.1.1", "ABC1DEF,M3.6.0,M10.5.0",
    "ABC1DEF,J0,J366", "ABC1DEF,366,1", "ABC1DEF,M3.5.0", "ABC1DEF,M3.5.0/168,M10.5.0", "<>1",
    "<AB1",
    "ABC1DEF,M3.5.0,M10.5.0x", "ABC99999999999999999999",
  ])
  func malformedRulesAreRefused(_ text: String) {
    #expect(PosixRule(parsing: text.utf8) == nil)
  }
}
