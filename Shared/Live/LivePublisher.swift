import Contracts
import EventLoop
import Observability
import Redis
import Wire

/// Tells those who follow, through Redis: the newest events are kept in a log for who missed some,
/// and published to the gateways that have sockets.
///
/// An event that is told again, since it was not certain that it was, reaches nobody twice. Redis is
/// disposable: what its loss loses, followers notice by the numbers, and ask for the state anew.
public final class LivePublisher {
  private let redis: RedisConnection
  private let room = Script(String(decoding: PackageResources.live_room_lua, as: UTF8.self))
  private let user = Script(String(decoding: PackageResources.live_user_lua, as: UTF8.self))
  private let published: Counter
  private let skipped: Counter

  public init(_ redis: RedisConnection) {
    self.redis = redis
    published = Metrics.shared.counter(
      "live_published_total", "Events told to those who follow.")
    skipped = Metrics.shared.counter(
      "live_skipped_total", "Events that were told before, or that nobody follows.")
  }

  /// Tells an event of a room, which has its number, or to a user, who gives it one.
  ///
  /// - Throws: `RedisError`; then it may have been told, and should be told again.
  public func publish(_ event: LiveEvent) async throws {
    // Who missed it for so long has asked for the state since.
    let age = WallClock.milliseconds - event.serverTimeMs
    guard age < Int64(LiveLog.secondsKept) * 1_000 else { return skipped.increment() }
    let number: Int?
    if let id = event.roomID {
      number = try await publish(event, room: .room(id))
    } else if let id = event.userID {
      number = try await publish(event, user: .user(id))
    } else {
      number = 0
    }
    if number == 0 { skipped.increment() } else { published.increment() }
  }

  private func publish(_ event: LiveEvent, room channel: LiveChannel) async throws -> Int? {
    let payload = try NumberedEvent(seq: event.seq, event: event).payload()
    return try await redis.evaluate(
      room, keys: [channel.logKey, .string(channel.name)],
      arguments: [
        .int(Int(event.seq)), .bytes(payload), .int(LiveLog.eventsKept),
        .int(LiveLog.secondsKept),
      ]
    ).int
  }

  private func publish(_ event: LiveEvent, user channel: LiveChannel) async throws -> Int? {
    try await redis.evaluate(
      user,
      keys: [
        channel.numberKey, channel.logKey, channel.toldKey(event.id), .string(channel.name),
      ],
      arguments: [
        .bytes(try event.bytes()), .int(LiveLog.eventsKept), .int(LiveLog.secondsKept),
        .int(LiveLog.secondsRemembered),
      ]
    ).int
  }
}
