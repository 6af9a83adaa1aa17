import Testing
import TimeZones

@testable import Sessions

struct BookedTimeTests {
  private let now: Int64 = 1_795_000_000_000
  private let hour: Int64 = 3_600_000

  private func entry(from start: Int64, to end: Int64?) -> BookedTime {
    BookedTime(
      id: "a", userID: "b", projectID: "p", description: "old", start: start, end: end,
      source: .timer, calendar: .init(zone: "UTC", dayStartHour: 0), createdAt: start, version: 1)
  }

  @Test func stoppingEndsARunningEntry() {
    var entry = entry(from: now - 5000, to: nil)
    #expect(entry.isRunning)
    #expect(entry.milliseconds(now: now) == 5000)
    entry.stop(at: now)
    #expect(entry.end == now)
    #expect(entry.version == 2)
    entry.stop(at: now + 1)
    #expect(entry.end == now)
  }

  @Test func aForgottenEntryHoldsADay() {
    var entry = entry(from: now - 100 * hour, to: nil)
    #expect(entry.milliseconds(now: now) == 24 * hour)
    entry.stop(at: now)
    #expect(entry.end == now - 76 * hour)
  }

  @Test func aClockThatWasSetBackGivesAnEmptyEntry() {
    var entry = entry(from: now, to: nil)
    entry.stop(at: now - 1000)
    #expect(entry.end == now)
  }

  @Test func timesKeepTheirRules() throws {
    #expect(try EntryRules.start(now + 5000, now: now) == now)
    #expect(try EntryRules.end(now, start: now - 24 * hour, now: now) == now)
    #expect(throws: SessionRules.Broken.self) { try EntryRules.start(now + 60_000, now: now) }
    #expect(throws: SessionRules.Broken.self) { try EntryRules.start(946_684_799_999, now: now) }
    for (start, end) in [
      (now - hour, now - hour), (now - hour, now - 2 * hour), (now - hour, now + 60_000),
      (now - 24 * hour - 1, now),
    ] {
      #expect(throws: SessionRules.Broken.self) {
        try EntryRules.end(end, start: start, now: now)
      }
    }
  }

  @Test func anEditIsCheckedAsAWhole() throws {
    let ended = entry(from: now - 2 * hour, to: now - hour)
    let moved = try EntryEdit(start: now - 3 * hour).applied(to: ended, now: now)
    #expect(moved.start == now - 3 * hour)
    #expect(moved.end == now - hour)
    #expect(moved.version == 2)
    #expect(throws: SessionRules.Broken.self) {
      try EntryEdit(start: now - hour).applied(to: ended, now: now)
    }
    let both = EntryEdit(start: now - hour, end: now)
    #expect(try both.applied(to: ended, now: now).end == now)
  }

  @Test func anEndEndsARunningEntry() throws {
    let running = entry(from: now - hour, to: nil)
    #expect(try EntryEdit(end: now - 1000).applied(to: running, now: now).end == now - 1000)
    #expect(try EntryEdit(start: now - 2 * hour).applied(to: running, now: now).isRunning)
  }

  @Test func whatIsEmptyIsRemoved() throws {
    let edit = EntryEdit(description: "", projectID: "")
    let edited = try edit.applied(to: entry(from: now - hour, to: now), now: now)
    #expect(edited.description == nil)
    #expect(edited.projectID == nil)
  }

  @Test func datesOfAFilterAreLocalAndIncludeTheLast() throws {
    let zone = try #require(ZoneDatabase.shared.zone(named: "Asia/Tokyo"))
    let calendar = FocusSession.Calendar(zone: "Asia/Tokyo", dayStartHour: 0)
    let filter = try EntryFilter(
      from: "2026-11-20", to: "2026-11-20", projectID: nil, calendar: calendar, zone: zone)
    #expect(filter.from == 1_795_100_400_000)  // 2026-11-19T15:00Z
    #expect(filter.to == 1_795_100_400_000 + 24 * hour)
    #expect(throws: SessionRules.Broken.self) {
      try EntryFilter(from: "soon", to: nil, projectID: nil, calendar: calendar, zone: zone)
    }
  }
}
