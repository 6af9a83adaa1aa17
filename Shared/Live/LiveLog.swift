import Contracts
import Observability
import Redis
import Wire

/// The newest events of each channel, for who missed some.
public final class LiveLog {
  /// How many events a channel keeps.
  public nonisolated static let eventsKept = 256
  /// How long it keeps them after the last one.
  public nonisolated static let secondsKept = 3_600
  /// How long it is remembered that a user was told an event.
  nonisolated static let secondsRemembered = 600

  private let redis: RedisConnection
  private let position = Script(
    String(decoding: PackageResources.live_position_lua, as: UTF8.self))

  public init(_ redis: RedisConnection) { self.redis = redis }

  /// The events after a number that are still kept, in order. There may be gaps, the first one right
  /// after the number: whoever needs them all looks at the numbers.
  public func events(of channel: LiveChannel, after seq: Int64) async throws -> [NumberedEvent] {
    let reply = try await redis.command(
      "ZRANGEBYSCORE", channel.logKey, .string("(\(seq)"), "+inf", "LIMIT", 0,
      .int(Self.eventsKept))
    return try (reply.array ?? []).compactMap(\.bytes).map { try NumberedEvent(payload: $0) }
  }

  /// The number of a user's last event. For an hour after the call events are kept for the user,
  /// though nobody subscribes.
  public func position(ofUser id: String) async throws -> Int64 {
    let reply = try await redis.evaluate(
      position, keys: [LiveChannel.user(id).numberKey], arguments: [.int(Self.secondsKept)])
    guard let number = reply.int else { throw RedisError(.server, "no number") }
    return Int64(number)
  }
}
