import Observability
import Testing

@testable import Telemetry

@Suite struct ErrorGroupsTests {
  private static let minute = ErrorGroups.windowNanoseconds

  private func event(_ message: String) -> SentryEvent { SentryEvent(message, [:], at: 0) }

  @Test func theFirstOfAKindIsToldAtOnceAndTheOthersAsANumber() {
    var groups = ErrorGroups()
    #expect(groups.admit(event("a"), at: 1) == .send)
    for second in 2..<1_000 {
      #expect(groups.admit(event("a"), at: UInt64(second)) == .counted)
    }
    #expect(groups.due(at: Self.minute - 1).isEmpty)
    let due = groups.due(at: Self.minute + 1)
    #expect(due.map(\.repeats) == [998])
    // Nothing new came since.
    #expect(groups.due(at: 3 * Self.minute).isEmpty)
  }

  @Test func aKindThatWasQuietForAMinuteIsNew() {
    var groups = ErrorGroups()
    #expect(groups.admit(event("a"), at: 1) == .send)
    #expect(groups.due(at: Self.minute + 1).isEmpty)
    #expect(groups.admit(event("a"), at: Self.minute + 2) == .send)
  }

  @Test func onlySoManyKindsAreToldInAMinute() {
    var groups = ErrorGroups()
    // Digits would not make different kinds.
    let decisions = (0..<1_000).map {
      groups.admit(event(String(repeating: "x", count: $0)), at: 1)
    }
    #expect(decisions.filter { $0 == .send }.count == ErrorGroups.eventsMax)
    #expect(groups.count <= ErrorGroups.groupsMax)
    #expect(groups.admit(event("late"), at: 1 + Self.minute) == .send)
  }

  @Test func atTheEndAllNumbersAreTold() {
    var groups = ErrorGroups()
    for name in ["a", "a", "b"] { _ = groups.admit(event(name), at: 1) }
    #expect(groups.due(at: 2, all: true).map(\.message) == ["a"])
  }
}
