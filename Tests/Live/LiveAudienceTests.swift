import Contracts
import EventLoop
import EventLoopTesting
import Redis
import RedisTesting
import Testing

@testable import Live

@Suite(.serialized, .enabled(if: PrivateRedis.isInstalled, .init(rawValue: PrivateRedis.isMissing)))
struct LiveAudienceTests {
  @Test func thoseAreFollowedWhomAnEventWouldBeTold() async throws {
    let server = try PrivateRedis()
    defer { server.remove() }
    try await onLoop {
      let redis = RedisConnection(url: server.url, timeout: .seconds(9))
      let subscription = RedisSubscription(url: server.url)
      redis.start()
      subscription.start()
      try await redis.check()
      let audience = LiveAudience(redis)
      let everybody = ["anna", "bert", "cleo", "dora"]
      #expect(try await audience.followed(among: everybody) == [])
      #expect(try await audience.followed(among: []) == [])
      try subscription.subscribe(LiveChannel.user("bert").name)
      _ = await subscription.waitUntilSubscribed(
        LiveChannel.user("bert").name, atMost: .seconds(9))
      // Who comes back finds what was told meanwhile.
      _ = try await LiveLog(redis).position(ofUser: "dora")
      #expect(try await audience.followed(among: everybody) == ["bert", "dora"])
      for userID in everybody {
        try await LivePublisher(redis).publish(
          LiveEvent(
            id: "1", userID: userID, type: .notification, serverTimeMs: WallClock.milliseconds,
            data: "{}"))
        let count = try await redis.command(
          "ZCARD", .string(LiveChannel.user(userID).name + ":log")
        ).int
        #expect((count == 1) == ["bert", "dora"].contains(userID))
      }
      // However much there is to tell.
      let number = LiveChannel.user("dora").numberKey
      _ = try await redis.command("EXPIRE", number, 100)
      try await LivePublisher(redis).publish(
        LiveEvent(
          id: "2", userID: "dora", type: .notification, serverTimeMs: WallClock.milliseconds,
          data: "{}"))
      #expect(try await redis.command("TTL", number).int ?? 0 <= 100)
      redis.close()
      subscription.close()
    }
  }
}
