import Testing

@testable import Sessions

struct SessionEditTests {
  private let now: Int64 = 1_795_000_000_000

  private func session(_ clock: SessionClock) -> FocusSession {
    FocusSession(
      id: "a", userID: "b", roomID: nil, projectID: nil, kind: .work, source: .timer, note: "old",
      clock: clock, calendar: .init(zone: "UTC", dayStartHour: 0), createdAt: now, version: 3)
  }

  private func edit(_ change: (inout SessionEdit) -> Void) -> SessionEdit {
    var edit = SessionEdit()
    change(&edit)
    return edit
  }

  @Test func aNewDurationKeepsTheEnd() throws {
    let before = session(SessionClock(completed: Interval(start: now - 9_000_000, end: now - 5000)))
    let after = try edit { $0.durationSeconds = 60 }.applied(to: before, now: now)
    #expect(after.clock.segments == [Interval(start: now - 65_000, end: now - 5000)])
    #expect(after.version == 4)
    #expect(after.note == "old")
  }

  @Test func aNewEndMovesTheWholeSession() throws {
    var clock = SessionClock(startingAt: now - 100_000)
    _ = try clock.pause(at: now - 90_000)
    _ = try clock.resume(at: now - 50_000)
    try clock.stop(at: now - 40_000)
    let after = try edit { $0.completedAt = now - 140_000 }.applied(to: session(clock), now: now)
    #expect(after.clock.start == now - 200_000)
    #expect(after.clock.end == now - 140_000)
    #expect(after.clock.activeMilliseconds(now: 0) == 20_000)
    #expect(after.clock.pausedMilliseconds(now: 0) == 40_000)
  }

  @Test func anActiveSessionKeepsItsTimes() throws {
    let active = session(SessionClock(startingAt: now))
    #expect(throws: SessionEdit.Refusal.active) {
      try edit { $0.durationSeconds = 60 }.applied(to: active, now: now)
    }
    let noted = try edit { $0.note = "" }.applied(to: active, now: now)
    #expect(noted.note == "")
  }

  @Test func theFutureAndTheDistantPastAreRefused() {
    let completed = session(SessionClock(completed: Interval(start: now - 60_000, end: now)))
    for end: Int64 in [now + 60_000, 946_684_800_000 + 1000] {
      #expect(throws: SessionEdit.Refusal.self) {
        try edit { $0.completedAt = end }.applied(to: completed, now: now)
      }
    }
  }
}
