import EventLoopTesting
import Testing
import TimeZones

@testable import Sessions

struct LocalDayShareTests {
  private let minute: Int64 = 60_000

  private func zone(_ name: String) throws -> Zone {
    try #require(ZoneDatabase.shared.zone(named: name))
  }

  private func split(
    _ name: String, dayStartHour: Int = 0, from start: Int64, minutes: Int64
  ) throws -> [LocalDayShare] {
    FocusSession.Calendar(zone: name, dayStartHour: dayStartHour).shares(
      of: SessionClock(completed: Interval(start: start, end: start + minutes * minute)),
      in: try zone(name))
  }

  private func midnight(_ date: String, _ name: String) throws -> Int64 {
    try zone(name).start(of: try #require(CivilDate(parsing: date)))
  }

  @Test func aSessionOverMidnightCountsOnceOnTheDayItEnded() throws {
    let midnight = try midnight("2026-11-21", "Asia/Tokyo")
    let shares = try split("Asia/Tokyo", from: midnight - 40 * minute, minutes: 60)
    #expect(shares.map(\.date.description) == ["2026-11-20", "2026-11-21"])
    #expect(shares.map(\.seconds) == [2400, 1200])
    #expect(shares.map(\.sessions) == [0, 1])
    #expect(shares[0].byHour[23] == 2400)
    #expect(shares[1].byHour[0] == 1200)
  }

  @Test func aSessionThatEndsAtMidnightBelongsToTheDayBefore() throws {
    let midnight = try midnight("2026-11-21", "Asia/Tokyo")
    let shares = try split("Asia/Tokyo", from: midnight - 25 * minute, minutes: 25)
    #expect(shares.map(\.date.description) == ["2026-11-20"])
    #expect(shares[0].sessions == 1)
  }

  @Test func theDayStartsWhenItsUserSays() throws {
    let midnight = try midnight("2026-11-21", "Europe/Berlin")
    let shares = try split(
      "Europe/Berlin", dayStartHour: 4, from: midnight + 210 * minute, minutes: 60)
    #expect(shares.map(\.date.description) == ["2026-11-20", "2026-11-21"])
    #expect(shares.map(\.seconds) == [1800, 1800])
    #expect(shares[0].byHour[3] == 1800)
    #expect(shares[1].byHour[4] == 1800)
  }

  @Test func aSpringDayHas23HoursAndNoThirdOne() throws {
    let midnight = try midnight("2026-03-29", "Europe/Berlin")
    let shares = try split("Europe/Berlin", from: midnight, minutes: 24 * 60)
    #expect(shares.map(\.seconds) == [23 * 3600, 3600])
    #expect(shares[0].daySeconds == 23 * 3600)
    #expect(shares[0].byHour[2] == 0)
    #expect(shares[0].byHour[3] == 3600)
  }

  @Test func anAutumnDayHas25HoursAndTwoThirdOnes() throws {
    let midnight = try midnight("2026-10-25", "Europe/Berlin")
    let shares = try split("Europe/Berlin", from: midnight, minutes: 24 * 60)
    #expect(shares.count == 1)
    #expect(shares[0].daySeconds == 25 * 3600)
    #expect(shares[0].byHour[2] == 7200)
    #expect(shares[0].byHour[23] == 0)
  }

  @Test func pausedDaysHaveNoShare() throws {
    let midnight = try midnight("2026-11-18", "UTC")
    var clock = SessionClock(startingAt: midnight + 10 * minute)
    _ = try clock.pause(at: midnight + 20 * minute)
    _ = try clock.resume(at: midnight + 3 * 1440 * minute)
    try clock.stop(at: midnight + (3 * 1440 + 5) * minute)
    let shares = FocusSession.Calendar(zone: "UTC", dayStartHour: 0).shares(of: clock, in: .utc)
    #expect(shares.map(\.date.description) == ["2026-11-18", "2026-11-21"])
    #expect(shares.map(\.sessions) == [0, 1])
  }

  @Test func anEmptySessionStillCounts() throws {
    var clock = SessionClock(startingAt: 1_000)
    try clock.stop(at: 1_000)
    let shares = FocusSession.Calendar(zone: "UTC", dayStartHour: 0).shares(of: clock, in: .utc)
    #expect(shares.map(\.sessions) == [1])
    #expect(shares.map(\.seconds) == [0])
  }

  @Test func sharesAddUpAndNoDayHoldsMoreThanItIsLong() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let names = [
      "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe",
      "America/Santiago",
      "Asia/Kathmandu", "UTC", "America/Havana",
    ]
    for _ in 0..<2000 {
      let name = names.randomElement(using: &random)!
      var clock = SessionClock(
        startingAt: .random(in: 946_684_800_000...2_000_000_000_000, using: &random))
      var now = clock.start
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        now += .random(in: 0...20_000_000, using: &random)
        _ = try clock.pause(at: now)
        now += .random(in: 0...40_000_000, using: &random)
        _ = try clock.resume(at: now)
      }
      try clock.stop(at: now + .random(in: 0...90_000_000, using: &random))
      let calendar = FocusSession.Calendar(
        zone: name, dayStartHour: .random(in: 0...23, using: &random))
      let shares = calendar.shares(of: clock, in: try zone(name))
      #expect(shares.reduce(0) { $0 + $1.seconds } == Int(clock.activeMilliseconds(now: 0) / 1000))
      #expect(shares.reduce(0) { $0 + $1.sessions } == 1)
      #expect(shares.last?.sessions == 1)
      #expect(shares.last?.date == calendar.date(of: clock, in: try zone(name)))
      for share in shares {
        #expect(share.seconds <= share.daySeconds)
        #expect(share.byHour.reduce(0, +) == share.seconds)
      }
    }
  }
}
