import Testing

@testable import Sessions

struct PresenceTests {
  private func phase(_ segments: Interval...) -> FinishedPhase {
    FinishedPhase(
      number: 1, phase: .work, cycle: 1, segments: segments, end: segments.last?.end ?? 0)
  }

  private func earned(_ presence: Presence, _ phase: FinishedPhase) -> [Interval]? {
    presence.earned(of: phase)?.segments
  }

  @Test func whoWasThereAllTheTimeEarnsAllOfIt() {
    let clock = Presence(stays: [], since: -5000).earned(
      of: phase(Interval(start: 0, end: 60_000)))
    #expect(clock == SessionClock(completed: Interval(start: 0, end: 60_000)))
  }

  @Test func whoComesLateEarnsTheRest() {
    let phase = phase(Interval(start: 0, end: 60_000))
    #expect(
      earned(Presence(stays: [], since: 20_000), phase) == [Interval(start: 20_000, end: 60_000)])
  }

  @Test func whoLeavesEarlyEarnsWhatTheyWereThere() {
    var presence = Presence(stays: [], since: -1000)
    presence.leave(at: 20_000)
    #expect(presence.since == nil)
    let phase = phase(Interval(start: 0, end: 60_000))
    #expect(earned(presence, phase) == [Interval(start: 0, end: 20_000)])
  }

  @Test func pausesEarnNothing() {
    let presence = Presence(
      stays: [Interval(start: 5000, end: 12_000), Interval(start: 14_000, end: 35_000)],
      since: 45_000)
    let phase = phase(
      Interval(start: 0, end: 10_000), Interval(start: 30_000, end: 40_000),
      Interval(start: 50_000, end: 60_000))
    #expect(
      earned(presence, phase) == [
        Interval(start: 5000, end: 10_000), Interval(start: 30_000, end: 35_000),
        Interval(start: 50_000, end: 60_000),
      ])
  }

  @Test func lessThanASecondEarnsNoSession() {
    let phase = phase(Interval(start: 0, end: 60_000))
    #expect(earned(Presence(stays: [], since: 59_001), phase) == nil)
    #expect(earned(Presence(stays: [], since: 59_000), phase) != nil)
    #expect(earned(Presence(stays: [], since: 70_000), phase) == nil)
    #expect(earned(Presence(stays: [], since: nil), phase) == nil)
  }

  @Test func staysAreBounded() {
    var presence = Presence(stays: [], since: nil)
    for stay in 0..<Int64(Presence.staysMax + 5) {
      presence.since = stay * 10
      presence.leave(at: stay * 10 + 5)
    }
    #expect(presence.stays.count == Presence.staysMax)
    #expect(presence.stays.first?.start == 50)
  }
}
