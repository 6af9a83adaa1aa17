import EventLoop
import EventLoopTesting
import Foundation
import RedisTesting
import Testing

@testable import Redis

extension OneByOne {
  @Suite(.enabled(if: PrivateRedis.isInstalled, .init(rawValue: PrivateRedis.isMissing)))
  struct RedisSubscriptionTests {
    private func wait(_ limit: Duration = .seconds(15), until isDone: () -> Bool) async {
      let deadline = Deadline.after(limit)
      while !isDone(), !deadline.hasPassed { await Task.yield() }
      #expect(isDone())
    }

    @Test func messagesComeToWhoFollows() async throws {
      let server = try PrivateRedis(password: "s@cret")
      defer { server.remove() }
      try await onLoop {
        let url = "unix://:s%40cret@\(server.socket)"
        let redis = RedisConnection(url: url)
        redis.start()
        defer { redis.close() }
        let subscription = RedisSubscription(url: url)
        var heard: [String] = []
        subscription.onMessage = { channel, payload in
          heard.append(channel + "=" + String(decoding: payload, as: UTF8.self))
        }
        try subscription.subscribe("a")
        subscription.start()
        defer { subscription.close() }
        let isFirst = await subscription.waitUntilSubscribed("a", atMost: .seconds(9))
        #expect(isFirst)
        try subscription.subscribe("b")
        let isSecond = await subscription.waitUntilSubscribed("b", atMost: .seconds(9))
        #expect(isSecond)
        _ = try await redis.command("PUBLISH", "a", "1")
        _ = try await redis.command("PUBLISH", "c", "2")
        _ = try await redis.command("PUBLISH", "b", "3")
        await wait { heard.count == 2 }
        subscription.unsubscribe("a")
        _ = try await redis.command("PUBLISH", "a", "4")
        _ = try await redis.command("PUBLISH", "b", .bytes([0x35, 0, 0x36]))
        await wait { heard.count == 3 }
        #expect(heard == ["a=1", "b=3", "b=5\0" + "6"])
        #expect(subscription.channelCount == 1)
        let isThird = await subscription.waitUntilSubscribed("a", atMost: .seconds(9))
        #expect(!isThird)
      }
    }

    @Test func aKilledServerIsFollowedAgainAndToldOf() async throws {
      let server = try PrivateRedis()
      defer { server.remove() }
      try await onLoop {
        let subscription = RedisSubscription(url: server.url)
        var told: [String] = []
        subscription.onReady = { told.append("ready") }
        subscription.onLost = { told.append("lost") }
        var heardCount = 0
        subscription.onMessage = { _, _ in heardCount += 1 }
        for number in 0..<2_500 { try subscription.subscribe("channel-\(number)") }
        subscription.start()
        defer { subscription.close() }
        await wait { subscription.isReady }
        #expect(told == ["ready"])
        server.kill()
        await wait { told == ["ready", "lost"] }
        #expect(!subscription.isReady)
        // Changed while it is away.
        subscription.unsubscribe("channel-0")
        try subscription.subscribe("new")
        server.start()
        await wait { told == ["ready", "lost", "ready"] }
        let redis = RedisConnection(url: server.url)
        redis.start()
        defer { redis.close() }
        for channel in ["channel-0", "channel-1", "channel-2499", "new"] {
          let count = try await redis.command("PUBLISH", .string(channel), "x").int
          #expect(count == (channel == "channel-0" ? 0 : 1))
        }
        await wait { heardCount == 3 }
      }
    }

    @Test func leftAndJoinedAgainHearsWhatComesAfter() async throws {
      let server = try PrivateRedis()
      defer { server.remove() }
      try await onLoop {
        let redis = RedisConnection(url: server.url)
        redis.start()
        defer { redis.close() }
        let subscription = RedisSubscription(url: server.url)
        var heardCount = 0
        subscription.onMessage = { _, _ in heardCount += 1 }
        subscription.start()
        defer { subscription.close() }
        for round in 1...50 {
          try subscription.subscribe("a")
          let isSubscribed = await subscription.waitUntilSubscribed("a", atMost: .seconds(9))
          #expect(isSubscribed)
          let receivers = try await redis.command("PUBLISH", "a", "x").int
          #expect(receivers == 1)
          await wait { heardCount == round }
          subscription.unsubscribe("a")
          // In the same turn, or after the command has gone out.
          if round % 2 == 0 { await Task.yield() }
        }
      }
    }

    @Test func tooManyChannelsAreRefused() throws {
      let subscription = RedisSubscription(url: "unix:/nowhere")
      for number in 0..<RedisSubscription.channelsMax { try subscription.subscribe("\(number)") }
      #expect(throws: RedisError.self) { try subscription.subscribe("one more") }
    }
  }
}
