import Testing

@testable import Sessions

struct RoomTimerTests {
  private let minute: Int64 = 60_000
  private var plan = RoomPlan.standard
  private var timer = RoomTimer()

  @Test mutating func aPhaseRunsOutByItself() {
    #expect(timer.status == .idle)
    #expect(timer.remainingMilliseconds(at: 0, plan) == 25 * minute)
    timer.start(at: 1000, plan)
    #expect(timer.deadline == 1000 + 25 * minute)
    #expect(timer.remainingMilliseconds(at: 61_000, plan) == 24 * minute)
    #expect(timer.advance(to: 25 * minute, plan).isEmpty)
    let finished = timer.advance(to: 1000 + 25 * minute, plan)
    #expect(
      finished == [
        FinishedPhase(
          number: 1, phase: .work, cycle: 1,
          segments: [Interval(start: 1000, end: 1000 + 25 * minute)], end: 1000 + 25 * minute)
      ])
    #expect(timer.status == .completed)
    #expect(timer.phase == .work)
    #expect(timer.remainingMilliseconds(at: 99 * minute, plan) == 0)
    #expect(timer.advance(to: 99 * minute, plan).isEmpty)
  }

  @Test mutating func repeatedStartAndPauseChangeNothing() throws {
    try timer.pause(at: 0)
    #expect(timer == RoomTimer())
    timer.start(at: 0, plan)
    let running = timer
    timer.start(at: 5000, plan)
    #expect(timer == running)
    try timer.pause(at: 6000)
    let paused = timer
    try timer.pause(at: 9000)
    #expect(timer == paused)
    #expect(timer.remainingMilliseconds(at: 99 * minute, plan) == 25 * minute - 6000)
    timer.start(at: 10_000, plan)
    #expect(timer.deadline == 25 * minute + 4000)
  }

  @Test mutating func aHundredPausesDoNotDrift() throws {
    for second in 0..<100 {
      timer.start(at: Int64(second) * 1000 + 7, plan)
      try timer.pause(at: Int64(second) * 1000 + 507)
    }
    #expect(timer.remainingMilliseconds(at: 200_000, plan) == 25 * minute - 50_000)
  }

  @Test mutating func pausesAreBounded() throws {
    for second in 0..<SessionClock.segmentsMax {
      timer.start(at: Int64(second) * 2, plan)
      try timer.pause(at: Int64(second) * 2 + 1)
    }
    timer.start(at: 9000, plan)
    do {
      try timer.pause(at: 9001)
      Issue.record("the pause was taken")
    } catch {
      #expect(error == .tooManyPauses)
    }
  }

  @Test mutating func everyFourthBreakIsALongOne() {
    var phases: [RoomTimer.Phase] = []
    var now: Int64 = 0
    for _ in 0..<10 {
      timer.start(at: now, plan)
      phases.append(timer.phase)
      now = timer.deadline ?? now
      #expect(timer.advance(to: now, plan).count == 1)
    }
    #expect(
      phases == [
        .work, .shortBreak, .work, .shortBreak, .work, .shortBreak, .work, .longBreak, .work,
        .shortBreak,
      ])
    #expect(timer.cycle == 5)
  }

  @Test mutating func aFinishedWorkPhaseStartsItsBreakAtItsOwnTime() {
    plan.startsBreaks = true
    timer.start(at: 0, plan)
    #expect(timer.advance(to: 26 * minute, plan).map(\.end) == [25 * minute])
    #expect(timer.phase == .shortBreak)
    #expect(timer.status == .running)
    #expect(timer.deadline == 30 * minute)
    #expect(timer.remainingMilliseconds(at: 26 * minute, plan) == 4 * minute)
  }

  @Test mutating func severalPhasesAreCaughtUpWithTheirOwnTimes() {
    plan.startsBreaks = true
    timer.start(at: 0, plan)
    let finished = timer.advance(to: 999 * minute, plan)
    #expect(finished.map(\.phase) == [.work, .shortBreak])
    #expect(finished.map(\.end) == [25 * minute, 30 * minute])
    #expect(finished.map(\.number) == [1, 2])
    #expect(timer.status == .completed)
  }

  @Test mutating func completingCreditsWhatElapsed() throws {
    timer.start(at: 0, plan)
    try timer.pause(at: 60_000)
    let finished = timer.complete(at: 90_000, plan)
    #expect(finished?.segments == [Interval(start: 0, end: 60_000)])
    #expect(finished?.end == 90_000)
    #expect(timer.status == .completed)
    #expect(timer.complete(at: 95_000, plan) == nil)
    timer.start(at: 100_000, plan)
    #expect(timer.phase == .shortBreak)
    #expect(timer.deadline == 100_000 + 5 * minute)
  }

  @Test mutating func completingWhatNeverRanCreditsNothing() {
    plan.startsBreaks = true
    #expect(timer.complete(at: 1000, plan)?.segments == [])
    #expect(timer.status == .completed)
    #expect(timer.phase == .work)
  }

  @Test mutating func resetGoesBackToTheFirstWorkPhase() {
    timer.reset()
    #expect(timer.version == 1)
    timer.start(at: 0, plan)
    _ = timer.complete(at: 1000, plan)
    timer.start(at: 2000, plan)
    timer.reset()
    #expect(timer.status == .idle)
    #expect(timer.phase == .work)
    #expect(timer.cycle == 1)
    // A phase that begins later is another one.
    timer.start(at: 3000, plan)
    #expect(timer.number == 3)
  }

  @Test mutating func skippingGoesOnToTheNextPhase() {
    timer.start(at: 0, plan)
    timer.skip(at: 1000, plan)
    #expect(timer.phase == .shortBreak)
    #expect(timer.status == .idle)
    timer.skip(at: 2000, plan)
    #expect(timer.phase == .work)
    #expect(timer.cycle == 2)
    plan.startsBreaks = true
    timer.start(at: 3000, plan)
    timer.skip(at: 4000, plan)
    #expect(timer.status == .running)
    #expect(timer.deadline == 4000 + 5 * minute)
  }

  @Test mutating func newDurationsHoldFromTheNextPhaseOn() {
    timer.start(at: 0, plan)
    plan.workMilliseconds = minute
    plan.breakMilliseconds = 2 * minute
    #expect(timer.deadline == 25 * minute)
    #expect(timer.durationMilliseconds(plan) == 25 * minute)
    _ = timer.advance(to: 25 * minute, plan)
    timer.start(at: 30 * minute, plan)
    #expect(timer.deadline == 32 * minute)
  }

  @Test mutating func aClockThatWasSetBackHarmsNothing() throws {
    timer.start(at: 10_000, plan)
    try timer.pause(at: 5000)
    #expect(timer.remainingMilliseconds(at: 0, plan) == 25 * minute)
    timer.start(at: 4000, plan)
    #expect(timer.remainingMilliseconds(at: 1000, plan) == 25 * minute)
    #expect(timer.complete(at: 0, plan)?.segments == [])
  }

  @Test func minutesAreKeptToTheMillisecond() {
    for minutes in [0.05, 0.1, 0.123, 1.5, 25, 25.1, 480] {
      let milliseconds = RoomPlan.milliseconds(minutes: minutes)
      #expect(RoomPlan.minutes(milliseconds: milliseconds) == minutes)
    }
  }
}
