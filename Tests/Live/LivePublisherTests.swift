import Contracts
import EventLoop
import EventLoopTesting
import Foundation
import Redis
import RedisTesting
import Testing

@testable import Live

@Suite(.serialized, .enabled(if: PrivateRedis.isInstalled, .init(rawValue: PrivateRedis.isMissing)))
struct LivePublisherTests {
  /// A Redis, who publishes, and who follows one channel.
  private final class Stage {
    let redis: RedisConnection
    let subscription: RedisSubscription
    let publisher: LivePublisher
    let log: LiveLog
    var heard: [NumberedEvent] = []
    deinit {}

    init(_ server: PrivateRedis) {
      redis = RedisConnection(url: server.url, timeout: .seconds(9))
      subscription = RedisSubscription(url: server.url)
      publisher = LivePublisher(redis)
      log = LiveLog(redis)
      subscription.onMessage = { [unowned self] channel, payload in
        guard let event = try? NumberedEvent(payload: payload) else { return }
        heard.append(event)
      }
      redis.start()
      subscription.start()
    }

    func follow(_ channel: LiveChannel) async throws {
      try subscription.subscribe(channel.name)
      let isSubscribed = await subscription.waitUntilSubscribed(channel.name, atMost: .seconds(9))
      #expect(isSubscribed)
    }

    func waitUntilHeard(_ count: Int) async {
      let deadline = Deadline.after(.seconds(9))
      while heard.count < count, !deadline.hasPassed { await Task.yield() }
      #expect(heard.count == count)
    }

    func close() {
      redis.close()
      subscription.close()
    }
  }

  private func onStage(_ body: @escaping (Stage) async throws -> Void) async throws {
    let server = try PrivateRedis()
    defer { server.remove() }
    try await onLoop {
      let stage = Stage(server)
      defer { stage.close() }
      try await body(stage)
    }
  }

  private func event(
    _ id: String, room: String? = nil, user: String? = nil, seq: Int64 = 0,
    at time: Int64 = WallClock.milliseconds
  ) -> LiveEvent {
    LiveEvent(
      id: id, roomID: room, userID: user, seq: seq, type: .timerUpdate, serverTimeMs: time,
      data: "{\"id\":\"\(id)\"}")
  }

  @Test func aRoomsEventsAreToldOnceAndKept() async throws {
    try await onStage { stage in
      try await stage.follow(.room("r"))
      for seq in [1, 2, 2, 1, 4, 3] {
        try await stage.publisher.publish(event("e\(seq)", room: "r", seq: Int64(seq)))
      }
      try await stage.publisher.publish(event("x", room: "other", seq: 1))
      await stage.waitUntilHeard(4)
      #expect(stage.heard.map(\.seq) == [1, 2, 4, 3])
      #expect(stage.heard.map(\.event.id) == ["e1", "e2", "e4", "e3"])
      let kept = try await stage.log.events(of: .room("r"), after: 2)
      #expect(kept.map(\.seq) == [3, 4])
      #expect(kept[0].event.data == "{\"id\":\"e3\"}")
    }
  }

  @Test func theLogKeepsTheNewest() async throws {
    try await onStage { stage in
      for seq in 1...300 {
        try await stage.publisher.publish(event("e", room: "r", seq: Int64(seq)))
      }
      let kept = try await stage.log.events(of: .room("r"), after: 0)
      #expect(kept.map(\.seq) == Array(45...300))
    }
  }

  @Test func aUsersEventsAreNumberedAndToldOnce() async throws {
    try await onStage { stage in
      try await stage.follow(.user("u"))
      let start = try await stage.log.position(ofUser: "u")
      #expect(abs(start - WallClock.milliseconds) < 60_000)
      for id in ["a", "b", "a", "c"] {
        try await stage.publisher.publish(event(id, user: "u"))
      }
      await stage.waitUntilHeard(3)
      #expect(stage.heard.map(\.seq) == [start + 1, start + 2, start + 3])
      #expect(stage.heard.map(\.event.id) == ["a", "b", "c"])
      let position = try await stage.log.position(ofUser: "u")
      #expect(position == start + 3)
      let kept = try await stage.log.events(of: .user("u"), after: start + 1)
      #expect(kept.map(\.event.id) == ["b", "c"])
    }
  }

  @Test func nothingIsKeptForWhomNobodyFollows() async throws {
    try await onStage { stage in
      try await stage.publisher.publish(event("a", user: "u"))
      let before = try await stage.redis.command("KEYS", "*")
      #expect(before.array?.isEmpty == true)
      // Who asked for the position a moment ago comes back: no subscription is needed.
      let start = try await stage.log.position(ofUser: "u")
      try await stage.publisher.publish(event("b", user: "u"))
      let kept = try await stage.log.events(of: .user("u"), after: start)
      #expect(kept.map(\.event.id) == ["b"])
    }
  }

  @Test func afterAFlushNumbersGoOnUpwards() async throws {
    try await onStage { stage in
      try await stage.follow(.user("u"))
      _ = try await stage.log.position(ofUser: "u")
      try await stage.publisher.publish(event("a", user: "u"))
      await stage.waitUntilHeard(1)
      let last = stage.heard[0].seq
      while WallClock.milliseconds <= last { await Task.yield() }
      _ = try await stage.redis.command("FLUSHALL")
      try await stage.publisher.publish(event("b", user: "u"))
      await stage.waitUntilHeard(2)
      #expect(stage.heard[1].seq > last + 1)
    }
  }

  @Test func whatIsTooOldIsToldNobody() async throws {
    try await onStage { stage in
      try await stage.publisher.publish(
        event("a", room: "r", seq: 1, at: WallClock.milliseconds - 3_600_001))
      let kept = try await stage.log.events(of: .room("r"), after: 0)
      #expect(kept.isEmpty)
    }
  }

  @Test func whatIsNoEventIsRefused() throws {
    #expect(throws: (any Error).self) { try NumberedEvent(payload: [1, 2, 3]) }
    let numbered = NumberedEvent(seq: 1_763_745_872_000, event: event("a", user: "u"))
    #expect(try NumberedEvent(payload: numbered.payload()) == numbered)
    #expect(LiveChannel(name: LiveChannel.room("a").name) == .room("a"))
    #expect(LiveChannel(name: LiveChannel.user("a").name) == .user("a"))
    #expect(LiveChannel(name: "focal:taken:x") == nil)
  }
}
