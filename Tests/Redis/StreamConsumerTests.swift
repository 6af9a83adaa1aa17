import EventLoop
import EventLoopTesting
import Foundation
import RedisTesting
import Testing
import Wire

@testable import Redis

extension OneByOne {
  @Suite(.enabled(if: PrivateRedis.isInstalled, .init(rawValue: PrivateRedis.isMissing)))
  struct StreamConsumerTests {
    /// A Redis, a connection, and consumers of one group.
    private final class Stage {
      let server: PrivateRedis
      let redis: RedisConnection
      private var consumers: [StreamConsumer] = []
      deinit {}

      init(_ server: PrivateRedis) {
        self.server = server
        redis = RedisConnection(url: server.url, timeout: .seconds(9))
        redis.start()
      }

      func consumer(_ name: String, holdLimit: Duration = .seconds(5)) -> StreamConsumer {
        let consumer = StreamConsumer(
          stream: "s", group: "g", name: name, url: Secret(server.url), redis: redis,
          holdLimit: holdLimit)
        consumer.start()
        consumers.append(consumer)
        return consumer
      }

      @discardableResult
      func add(_ text: String) async throws -> String? {
        try await redis.command("XADD", "s", "*", "text", .string(text)).string
      }

      func backlog() async throws -> StreamBacklog {
        try await StreamConsumer.backlog(of: "s", group: "g", redis)
      }

      func close() {
        for consumer in consumers { consumer.close() }
        redis.close()
      }
    }

    private func onStage(_ body: @escaping (Stage) async throws -> Void) async throws {
      let server = try PrivateRedis(password: "secret")
      defer { server.remove() }
      try await onLoop {
        let stage = Stage(server)
        defer { stage.close() }
        try await body(stage)
      }
    }

    /// The texts that come, until there are so many.
    private func texts(_ count: Int, _ consumer: StreamConsumer) async throws -> [String] {
      var texts: [String] = []
      let deadline = Deadline.after(.seconds(15))
      while texts.count < count, !deadline.hasPassed {
        texts += try await consumer.next().compactMap { $0.text("text") }
      }
      return texts
    }

    @Test func whatWasAddedBeforeTheFirstConsumerCounts() async throws {
      try await onStage { stage in
        try await stage.add("a")
        let consumer = stage.consumer("c")
        try await stage.add("b")
        let texts = try await texts(2, consumer)
        #expect(texts == ["a", "b"])
      }
    }

    @Test func waitingEndsWithTheFirstEntry() async throws {
      try await onStage { stage in
        let consumer = stage.consumer("c")
        let none = try await consumer.next()
        #expect(none.isEmpty)
        let waiting = Task { try await self.texts(1, consumer) }
        try await stage.add("a")
        let texts = try await waiting.value
        #expect(texts == ["a"])
      }
    }

    @Test func doneEntriesGoAndTheMessageIsPublished() async throws {
      try await onStage { stage in
        let subscription = RedisSubscription(url: stage.server.url)
        var heard: [String] = []
        subscription.onMessage = { heard.append($0 + "=" + String(decoding: $1, as: UTF8.self)) }
        try subscription.subscribe("told")
        subscription.start()
        defer { subscription.close() }
        let isSubscribed = await subscription.waitUntilSubscribed("told", atMost: .seconds(9))
        #expect(isSubscribed)
        let consumer = stage.consumer("c")
        for text in ["a", "b", "c"] { try await stage.add(text) }
        var entries: [StreamEntry] = []
        while entries.count < 3 { entries += try await consumer.next() }
        try await consumer.done(
          entries.prefix(2).map(\.id), publishing: [("told", Array("two".utf8))])
        while heard.isEmpty { await Task.yield() }
        #expect(heard == ["told=two"])
        let backlog = try await stage.backlog()
        #expect(backlog.length == 1 && backlog.oldestAge != nil)
        try await consumer.done([entries[2].id])
        let empty = try await stage.backlog()
        #expect(empty == StreamBacklog(length: 0, oldestAge: nil))
      }
    }

    @Test func aFlushedGroupIsMadeAgain() async throws {
      try await onStage { stage in
        let consumer = stage.consumer("c")
        try await stage.add("a")
        _ = try await texts(1, consumer)
        let waiting = Task { try await self.texts(1, consumer) }
        _ = try await stage.redis.command("FLUSHALL")
        try await stage.add("b")
        let texts = try await waiting.value
        #expect(texts == ["b"])
      }
    }

    @Test func whatADeadConsumerHeldGoesToAnother() async throws {
      try await onStage { stage in
        let dead = stage.consumer("dead")
        try await stage.add("a")
        _ = try await texts(1, dead)
        let alive = stage.consumer("alive", holdLimit: .milliseconds(200))
        var entries: [StreamEntry] = []
        let deadline = Deadline.after(.seconds(15))
        while entries.isEmpty, !deadline.hasPassed { entries = try await alive.next() }
        #expect(entries.map(\.deliveries) == [2])
        #expect(entries.first?.text("text") == "a")
      }
    }

    @Test func whatIsRenewedStays() async throws {
      try await onStage { stage in
        let holder = stage.consumer("holder")
        let id = try await stage.add("a")
        _ = try await texts(1, holder)
        let other = stage.consumer("other", holdLimit: .milliseconds(400))
        let end = Deadline.after(.milliseconds(1_500))
        let reading = Task {
          var count = 0
          while !end.hasPassed { count += try await other.next().count }
          return count
        }
        while !end.hasPassed {
          try await holder.renew([id ?? ""])
          await Task.yield()
        }
        let count = try await reading.value
        #expect(count == 0)
      }
    }

    @Test func anEntryThatIsNobodysHoldsUpNothing() async throws {
      try await onStage { stage in
        let consumer = stage.consumer("c")
        let id = try await stage.add("a")
        _ = try await texts(1, consumer)
        _ = try await stage.redis.command("XACK", "s", "g", .string(id ?? ""))
        let backlog = try await stage.backlog()
        #expect(backlog == StreamBacklog(length: 0, oldestAge: nil))
      }
    }

    @Test func aStreamWithoutAGroupIsAllBacklog() async throws {
      try await onStage { stage in
        let none = try await stage.backlog()
        #expect(none == StreamBacklog(length: 0, oldestAge: nil))
        try await stage.add("a")
        let some = try await stage.backlog()
        #expect(some.length == 1)
        #expect((some.oldestAge ?? .seconds(99)) < .seconds(20))
      }
    }
  }
}
