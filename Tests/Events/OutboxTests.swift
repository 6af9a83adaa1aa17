import Contracts
import EventLoop
import Postgres
import Testing
import Wire

@testable import Events

extension WithStores {
  @Suite struct OutboxTests {
    private let away = RPCError(.unavailable, "away", "It is away.")

    @Test func theRowGoesWhenTheConsumerHasTakenTheEvent() async throws {
      try await EventStage.run { stage in
        let outbox = stage.outbox()
        outbox.subscribe("one", to: "session.changed", stage.take)
        outbox.start()
        try await stage.wait { outbox.store.serverStart != nil }
        let event = try await stage.write("a")
        await outbox.deliver(event, stage.context)
        #expect(stage.effects == ["a": 1])
        try await stage.wait { try await stage.rows() == 0 }
      }
    }

    @Test func theRowStaysWhileAnyConsumerIsAway() async throws {
      try await EventStage.run { stage in
        let outbox = stage.outbox()
        var count = 0
        outbox.subscribe("first", to: "session.changed") { _, _ in count += 1 }
        outbox.subscribe("second", to: "session.changed", stage.take)
        outbox.start()
        try await stage.wait { outbox.store.serverStart != nil }
        stage.trouble = away
        let event = try await stage.write("a")
        await outbox.deliver(event, stage.context)
        try await stage.wait { (stage.effects["a"] ?? 0) >= 3 }
        let rows = try await stage.rows()
        #expect(rows == 1)
        stage.trouble = nil
        try await stage.wait { try await stage.rows() == 0 }
        // Who had taken it was not asked again.
        #expect(count == 1)
      }
    }

    @Test func whoHasTakenItIsKeptForOtherReplicas() async throws {
      try await EventStage.run { stage in
        var count = 0
        @MainActor func replica() -> Outbox {
          let outbox = stage.outbox()
          outbox.subscribe("first", to: "session.changed") { _, _ in count += 1 }
          outbox.subscribe("second", to: "session.changed", stage.take)
          outbox.start()
          return outbox
        }
        stage.trouble = away
        _ = try await stage.write("a", secondsAgo: 9)
        let first = replica()
        try await stage.wait {
          try await stage.pool.read("SELECT count(taken) AS rows FROM outbox").first?.int("rows")
            == 1
        }
        await first.stop()
        stage.trouble = nil
        _ = replica()
        try await stage.wait { try await stage.rows() == 0 }
        #expect(count == 1)
      }
    }

    @Test func replicasShareTheSweep() async throws {
      try await EventStage.run { stage in
        for number in 0..<300 { _ = try await stage.write("\(number)", secondsAgo: 60) }
        for _ in 0..<2 {
          let outbox = stage.outbox()
          outbox.subscribe("one", to: "session.changed", stage.take)
          outbox.start()
        }
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects.count == 300)
        #expect(stage.effects.values.allSatisfy { $0 == 1 })
      }
    }

    @Test func whoCatchesUpGetsWhatAnyReplicaHandsOverNow() async throws {
      try await EventStage.run { stage in
        let busy = stage.outbox()
        var isHeld = false
        var isReleased = false
        busy.subscribe("gamification", to: "session.changed") { _, _ in
          isHeld = true
          while !isReleased { await Task.yield() }
        }
        let other = stage.outbox()
        other.subscribe("gamification", to: "session.changed", stage.take)
        let event = try await stage.write("a")
        let handing = Task { await busy.deliver(event, stage.context) }
        try await stage.wait { isHeld }
        _ = try await other.deliverPending(
          DeliverPendingRequest(consumer: "gamification"), stage.context)
        #expect(stage.effects == ["a": 1])
        isReleased = true
        await handing.value
      }
    }

    @Test func whoseEventsAreNotTakenIsNotUpToDate() async throws {
      try await EventStage.run { stage in
        let outbox = stage.outbox()
        outbox.subscribe("gamification", to: "session.changed", stage.take)
        _ = try await stage.write("a")
        stage.trouble = away
        await #expect(throws: RPCError.self) {
          _ = try await outbox.deliverPending(
            DeliverPendingRequest(consumer: "gamification"), stage.context)
        }
        // What it cannot apply holds up nobody.
        stage.trouble = RPCError(.invalidArgument, "poison", "It makes no sense.")
        _ = try await stage.write("b")
        _ = try await outbox.deliverPending(
          DeliverPendingRequest(consumer: "gamification"), stage.context)
        #expect(stage.effects["b"] == 1)
      }
    }

    @Test func anEventThatFailsIsPassedOverAndCounted() async throws {
      try await EventStage.run { stage in
        let outbox = stage.outbox()
        outbox.subscribe("one", to: "session.changed") { payload, context in
          let change = try SessionChanged(bytes: payload)
          guard change.sessionID != "poison" else {
            throw RPCError(.internal, "bug", "It makes no sense.")
          }
          try await stage.take(payload, context)
        }
        _ = try await stage.write("poison", secondsAgo: 9)
        _ = try await stage.write("good", secondsAgo: 9)
        outbox.start()
        try await stage.wait { try await stage.rows() == 1 }
        #expect(stage.effects == ["good": 1])
        try await stage.wait {
          try await stage.pool.read("SELECT failures FROM outbox").first?.int("failures") == 1
        }
      }
    }

    @Test func whatIsDeadStaysAndIsOfferedToTheOthers() async throws {
      try await EventStage.run { stage in
        let outbox = stage.outbox()
        var count = 0
        outbox.subscribe("one", to: "session.changed") { _, _ in count += 1 }
        outbox.subscribe("two", to: "session.changed", stage.take)
        let event = try await stage.write("a", secondsAgo: 9)
        let limit = 3
        for attempt in 1...limit {
          let isDead = await outbox.store.fail(event.id, "one", reason: "why", limit: limit)
          #expect(isDead == (attempt == limit))
        }
        try await stage.pool.write("UPDATE outbox SET failures = 0")
        outbox.start()
        try await stage.wait { stage.effects == ["a": 1] }
        let row = try await stage.pool.read(
          "SELECT taken, dead_reason, dead_at IS NOT NULL AS is_dead FROM outbox"
        ).first
        #expect(row?.bool("is_dead") == true)
        #expect(row?.string("dead_reason") == "one: why")
        #expect(count == 0)
      }
    }
  }
}
