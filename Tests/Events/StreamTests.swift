import Contracts
import EventLoop
import Postgres
import Security
import Testing
import Wire

@testable import Events
@testable import Redis

extension WithStores {
  @Suite struct StreamTests {
    /// A replica of the producer that is at work.
    private func outbox(_ stage: EventStage) async throws -> Outbox {
      let outbox = stage.outbox()
      outbox.subscribe(stream: "messaging", to: "session.changed")
      outbox.start()
      try await stage.wait {
        outbox.streams?.isReady == true && outbox.store.serverStart != nil
      }
      return outbox
    }

    private func length(_ stage: EventStage) async throws -> Int? {
      try await stage.redis.command("XLEN", "focal:events:messaging").int
    }

    @Test func theRowGoesWhenTheStreamsConsumerAnswers() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        stage.consumer()
        for number in 0..<100 {
          await outbox.deliver(try await stage.write("\(number)"), stage.context)
        }
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects.count == 100)
        #expect(stage.effects.values.allSatisfy { $0 == 1 })
        let left = try await length(stage)
        #expect(left == 0)
      }
    }

    @Test func bothKindsOfConsumersMustTakeIt() async throws {
      try await EventStage.run { stage in
        let outbox = stage.outbox()
        var count = 0
        outbox.subscribe("gamification", to: "session.changed") { _, _ in count += 1 }
        outbox.subscribe(stream: "messaging", to: "session.changed")
        outbox.start()
        try await stage.wait {
          outbox.streams?.isReady == true && outbox.store.serverStart != nil
        }
        let event = try await stage.write("a")
        await outbox.deliver(event, stage.context)
        #expect(count == 1)
        let rows = try await stage.rows()
        #expect(rows == 1)
        stage.consumer()
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects == ["a": 1])
        #expect(count == 1)
      }
    }

    @Test func whatAFlushLosesIsPublishedAgain() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        for number in 0..<50 {
          await outbox.deliver(try await stage.write("\(number)"), stage.context)
        }
        try await stage.wait { (try await length(stage) ?? 0) > 0 }
        _ = try await stage.redis.command("FLUSHALL")
        stage.consumer()
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects.count == 50)
      }
    }

    @Test func whatAKilledRedisLosesIsPublishedAgain() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        stage.consumer()
        await outbox.deliver(try await stage.write("before"), stage.context)
        try await stage.wait { stage.effects["before"] != nil }
        stage.server.kill()
        try await stage.wait { !stage.redis.isReady }
        for number in 0..<20 {
          await outbox.deliver(try await stage.write("\(number)"), stage.context)
        }
        stage.server.start()
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects.count == 21)
      }
    }

    @Test func whileTheConsumerIsAwayNothingIsPublishedTwice() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        await outbox.deliver(try await stage.write("a"), stage.context)
        // The sweep comes by each second.
        let turns = outbox.metrics.looks + 5
        try await stage.wait { outbox.metrics.looks >= turns }
        let waiting = try await length(stage)
        #expect(waiting == 1)
        stage.consumer()
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects == ["a": 1])
      }
    }

    @Test func anotherReplicaOfTheProducerFinishesWhatADeadOneBegan() async throws {
      try await EventStage.run { stage in
        let dead = try await outbox(stage)
        await dead.deliver(try await stage.write("a"), stage.context)
        await dead.stop()
        _ = try await outbox(stage)
        stage.consumer()
        try await stage.wait { try await stage.rows() == 0 }
        #expect((stage.effects["a"] ?? 0) >= 1)
      }
    }

    @Test func whatADeadReplicaOfTheConsumerHeldAnotherApplies() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        await outbox.deliver(try await stage.write("a"), stage.context)
        try await stage.wait { try await length(stage) == 1 }
        let dead = StreamConsumer(
          stream: "focal:events:messaging", group: "messaging", name: "dead",
          url: Secret(stage.server.url), redis: stage.redis)
        dead.start()
        let held = try await dead.next()
        #expect(held.count == 1)
        dead.close()
        stage.consumer(holdLimit: .milliseconds(500))
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects == ["a": 1])
      }
    }

    @Test func whileSomebodyIsAwayItIsTriedUntilItWorks() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        stage.trouble = PostgresError(.unavailable, "away")
        stage.consumer(holdLimit: .milliseconds(300))
        stage.consumer(holdLimit: .milliseconds(300))
        await outbox.deliver(try await stage.write("a"), stage.context)
        try await stage.wait { (stage.effects["a"] ?? 0) > EventConsumer.deliveriesMax + 2 }
        stage.trouble = nil
        try await stage.wait { try await stage.rows() == 0 }
        let dead = try await stage.redis.command("XLEN", .string(StreamMessage.deadStream)).int
        #expect(dead == 0)
      }
    }

    @Test func whatCannotBeAppliedIsDeadAfterSomeDeliveries() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        stage.trouble = RPCError(.invalidArgument, "poison", "It makes no sense.")
        stage.consumer(holdLimit: .milliseconds(200))
        let event = try await stage.write("a")
        await outbox.deliver(event, stage.context)
        try await stage.wait {
          try await stage.pool.read("SELECT count(dead_at) AS rows FROM outbox").first?.int("rows")
            == 1
        }
        #expect(stage.effects["a"] == EventConsumer.deliveriesMax)
        let reason = try await stage.pool.read("SELECT dead_reason FROM outbox").first
        #expect(reason?.string("dead_reason").hasPrefix("messaging: ") == true)
        let dead = try await stage.redis.command(
          "XRANGE", .string(StreamMessage.deadStream), "-", "+")
        let entry = try #require(StreamEntry(dead.array?.first ?? .null))
        #expect(StreamMessage.read(entry)?.events.map(\.id) == [event.id])
        let left = try await length(stage)
        #expect(left == 0)
      }
    }

    @Test func aBatchsGoodEventsDoNotWaitForItsBadOne() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        var events: [Event] = []
        for number in 0..<20 { events.append(try await stage.write("\(number)")) }
        stage.poison = "7"
        for event in events { await outbox.deliver(event, stage.context) }
        try await stage.wait { try await length(stage) == 1 }
        stage.consumer(holdLimit: .milliseconds(200))
        try await stage.wait { try await stage.rows() == 1 }
        #expect(stage.effects.filter { $0.key != "7" }.values.allSatisfy { $0 == 1 })
        try await stage.wait {
          try await stage.pool.read("SELECT count(dead_at) AS rows FROM outbox").first?.int("rows")
            == 1
        }
      }
    }

    @Test func whatHasGatheredIsAppliedTogether() async throws {
      try await EventStage.run { stage in
        let outbox = try await outbox(stage)
        for number in 0..<100 {
          await outbox.deliver(try await stage.write("\(number)"), stage.context)
        }
        try await stage.wait { (try await length(stage) ?? 0) > 0 }
        stage.consumer()
        try await stage.wait { try await stage.rows() == 0 }
        #expect(stage.effects.count == 100)
        // Entries are read some at a time.
        #expect(stage.calls <= 50)
      }
    }

    @Test func entriesComeBackAndOthersAreNone() throws {
      let events = [
        Event(id: UUIDv7.makeText(), topic: "session.changed", payload: []),
        Event(id: UUIDv7.makeText(), topic: "x", payload: [UInt8](repeating: 7, count: 70_000)),
      ]
      let bytes = StreamMessage.encode(events)
      let back = try #require(StreamMessage.decode(bytes))
      #expect(back.map(\.id) == events.map(\.id))
      #expect(back.map(\.topic) == events.map(\.topic))
      #expect(back.map(\.payload) == events.map(\.payload))
      for count in [0, 1, 35, 36, 40, 60, bytes.count - 1] {
        #expect(StreamMessage.decode(Array(bytes.prefix(count))) == nil)
      }
    }
  }
}
