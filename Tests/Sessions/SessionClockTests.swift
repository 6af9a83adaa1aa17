import Testing

@testable import Sessions

struct SessionClockTests {
  private let hour: Int64 = 3_600_000

  @Test func pauseStopsTheClock() throws {
    var clock = SessionClock(startingAt: 0)
    #expect(try clock.pause(at: 1000))
    #expect(clock.status == .paused)
    #expect(clock.activeMilliseconds(now: 9000) == 1000)
    #expect(clock.pausedMilliseconds(now: 9000) == 8000)
    #expect(try clock.resume(at: 5000))
    #expect(clock.activeMilliseconds(now: 9000) == 5000)
    #expect(clock.pausedMilliseconds(now: 9000) == 4000)
    try clock.stop(at: 10_000)
    #expect(clock.segments == [Interval(start: 0, end: 1000), Interval(start: 5000, end: 10_000)])
    #expect(clock.activeMilliseconds(now: 99_000) == 6000)
    #expect(clock.pausedMilliseconds(now: 99_000) == 4000)
  }

  @Test func repeatedPauseAndResumeChangeNothing() throws {
    var clock = SessionClock(startingAt: 0)
    #expect(try !clock.resume(at: 500))
    #expect(try clock.pause(at: 1000))
    let paused = clock
    #expect(try !clock.pause(at: 2000))
    #expect(clock == paused)
  }

  @Test func aPausedSessionMayStop() throws {
    var clock = SessionClock(startingAt: 0)
    _ = try clock.pause(at: 1000)
    try clock.stop(at: 4000)
    #expect(clock.end == 4000)
    #expect(clock.activeMilliseconds(now: 0) == 1000)
    #expect(clock.pausedMilliseconds(now: 0) == 3000)
  }

  @Test func aCompletedSessionDoesNotGoOn() throws {
    var clock = SessionClock(startingAt: 0)
    try clock.stop(at: 10)
    #expect(throws: SessionClock.Refusal.notActive) { try clock.pause(at: 20) }
    #expect(throws: SessionClock.Refusal.notActive) { try clock.resume(at: 20) }
    #expect(throws: SessionClock.Refusal.notActive) { try clock.stop(at: 20) }
  }

  @Test func aForgottenClockEarnsADay() throws {
    var clock = SessionClock(startingAt: 0)
    _ = try clock.pause(at: 10 * hour)
    _ = try clock.resume(at: 20 * hour)
    #expect(clock.activeMilliseconds(now: 90 * hour) == 24 * hour)
    try clock.stop(at: 90 * hour)
    #expect(clock.activeMilliseconds(now: 0) == 24 * hour)
    #expect(clock.end == 34 * hour)
    #expect(clock.pausedMilliseconds(now: 0) == 10 * hour)
  }

  @Test func aSegmentPastTheMaximumIsDropped() throws {
    var clock = SessionClock(startingAt: 0)
    _ = try clock.pause(at: 24 * hour)
    _ = try clock.resume(at: 30 * hour)
    try clock.stop(at: 31 * hour)
    #expect(clock.segments == [Interval(start: 0, end: 24 * hour)])
    #expect(clock.end == 24 * hour)
  }

  @Test func aMachineSetBackDoesNotCountBackwards() throws {
    var clock = SessionClock(startingAt: 10_000)
    #expect(clock.activeMilliseconds(now: 5000) == 0)
    _ = try clock.pause(at: 5000)
    #expect(clock.segments.isEmpty)
    _ = try clock.resume(at: 4000)
    try clock.stop(at: 3000)
    #expect(clock.end == 10_000)
    #expect(clock.pausedMilliseconds(now: 0) == 0)
  }

  @Test func aHundredPausesDoNotDrift() throws {
    var clock = SessionClock(startingAt: 0)
    var now: Int64 = 0
    for _ in 0..<100 {
      now += 7
      _ = try clock.pause(at: now)
      now += 13
      _ = try clock.resume(at: now)
    }
    #expect(clock.activeMilliseconds(now: now) == 700)
    #expect(clock.pausedMilliseconds(now: now) == 1300)
  }

  @Test func pausesAreBounded() throws {
    var clock = SessionClock(startingAt: 0)
    var now: Int64 = 0
    for _ in 0..<SessionClock.segmentsMax {
      now += 1
      _ = try clock.pause(at: now)
      _ = try clock.resume(at: now)
    }
    #expect(throws: SessionClock.Refusal.tooManyPauses) { try clock.pause(at: now + 1) }
    try clock.stop(at: now + 1)
  }
}
