import EventLoop
import EventLoopTesting
import Postgres
import Testing
import Wire

@testable import Events

@Suite struct EventEffectsTests {
  private func events(_ count: Int, topic: String = "a") -> [Event] {
    (0..<count).map { Event(id: "\($0)", topic: topic, payload: []) }
  }

  private let soon = Duration.seconds(5)

  @Test func manyAreOneCall() async throws {
    try await onLoop {
      var calls: [[String]] = []
      var effects = EventEffects()
      effects.add("a") { events, _ in calls.append(events.map(\.id)) }
      let outcomes = await effects.apply(events(5), by: .after(soon))
      #expect(outcomes == Array(repeating: .taken, count: 5))
      #expect(calls == [["0", "1", "2", "3", "4"]])
      calls = []
      _ = await effects.apply(events(5), by: .after(soon), atOnce: 2)
      #expect(calls == [["0", "1"], ["2", "3"], ["4"]])
    }
  }

  @Test(arguments: [[], [0], [6], [2, 3], Array(0..<7)])
  func whatCannotBeAppliedIsFoundOut(bad: [Int]) async throws {
    try await onLoop {
      var applied: Set<String> = []
      var effects = EventEffects()
      effects.add("a") { events, _ in
        for event in events where bad.contains(Int(event.id) ?? -1) {
          throw RPCError(.internal, "bug", "It makes no sense.")
        }
        applied.formUnion(events.map(\.id))
      }
      let outcomes = await effects.apply(events(7), by: .after(soon))
      #expect(outcomes.indices.filter { outcomes[$0] != .taken } == bad)
      #expect(applied.count == 7 - bad.count)
      #expect(!outcomes.contains(.notNow))
    }
  }

  @Test func whereSomebodyIsAwayNobodyIsAskedAgainNow() async throws {
    try await onLoop {
      var calls = 0
      var effects = EventEffects()
      effects.add("a") { _, _ in
        calls += 1
        throw PostgresError(.unavailable, "away")
      }
      let outcomes = await effects.apply(events(5), by: .after(soon))
      #expect(outcomes == Array(repeating: .notNow, count: 5))
      #expect(calls == 1)
    }
  }

  @Test func topicsDoNotHinderEachOther() async throws {
    try await onLoop {
      var effects = EventEffects()
      effects.add("a") { _, _ in }
      effects.add("b") { _, _ in throw PostgresError(.unavailable, "away") }
      let mixed = events(1) + events(1, topic: "b") + events(1, topic: "c") + events(1)
      let outcomes = await effects.apply(mixed, by: .after(soon))
      #expect(outcomes == [.taken, .notNow, .failed("no topic c"), .taken])
    }
  }

  @Test func afterTheDeadlineNothingIsBegun() async throws {
    try await onLoop {
      var effects = EventEffects()
      effects.add("a") { _, _ in Issue.record("it was applied") }
      let outcomes = await effects.apply(events(2), by: Deadline(nanoseconds: 1))
      #expect(outcomes == [.notNow, .notNow])
    }
  }
}
