import Testing
import Wire

@testable import Sessions

struct SessionRulesTests {
  private let now: Int64 = 1_795_000_000_000

  @Test func minutesMayHaveFractions() throws {
    #expect(try SessionRules.duration(minutes: 25, seconds: nil) == 1500)
    #expect(try SessionRules.duration(minutes: 0.5, seconds: nil) == 30)
    #expect(try SessionRules.duration(minutes: nil, seconds: 90) == 90)
    #expect(try SessionRules.duration(minutes: 1.5, seconds: 90) == 90)
    #expect(try SessionRules.duration(minutes: nil, seconds: nil) == nil)
  }

  @Test func theLeastCountsAsASecond() throws {
    #expect(try SessionRules.duration(minutes: 0.000_1, seconds: nil) == 1)
  }

  @Test(arguments: [
    (0.0, "too_small"), (-1, "too_small"), (.nan, "too_small"), (1440.001, "too_large"),
    (.infinity, "too_large"),
  ])
  func lengthsOutsideOfADayAreRefused(_ minutes: Double, _ code: String) {
    let error = #expect(throws: SessionRules.Broken.self) {
      try SessionRules.duration(minutes: minutes, seconds: nil)
    }
    #expect(error?.violations.map(\.code) == [code])
  }

  @Test func twoLengthsThatDifferAreRefused() {
    #expect(throws: SessionRules.Broken.self) {
      try SessionRules.duration(minutes: 1, seconds: 61)
    }
  }

  @Test func theEndIsNowWhereNoneIsGiven() throws {
    let interval = try SessionRules.interval(durationSeconds: 60, completedAt: nil, now: now)
    #expect(interval == Interval(start: now - 60_000, end: now))
  }

  @Test func theFutureIsRefused() throws {
    let slack = SessionRules.clockSlackMilliseconds
    let interval = try SessionRules.interval(
      durationSeconds: 60, completedAt: now + slack, now: now)
    #expect(interval.end == now)
    #expect(throws: SessionRules.Broken.self) {
      try SessionRules.interval(durationSeconds: 60, completedAt: now + slack + 1, now: now)
    }
    #expect(throws: SessionRules.Broken.self) {
      try SessionRules.interval(durationSeconds: 60, completedAt: 0, now: now)
    }
  }
}
