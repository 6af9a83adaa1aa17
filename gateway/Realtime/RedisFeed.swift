import Live
import Observability
import Redis

/// Events through Redis: channels for what happens now, logs for what was missed.
final class RedisFeed: LiveFeed {
  /// An event has come. They may be lost, repeated and out of order.
  var onEvent: (_ channel: LiveChannel, _ event: NumberedEvent) -> Void = { _, _ in }
  /// Redis is there, for the first time or again: what was published before is missed.
  var onReturn: () -> Void = {}

  private let subscription: RedisSubscription
  private let log: LiveLog
  private var isAway = true

  /// Who opens a socket does not wait longer for Redis.
  private static let followLimit = Duration.seconds(1)

  init(_ subscription: RedisSubscription, _ log: LiveLog) {
    self.subscription = subscription
    self.log = log
    subscription.onMessage = { [weak self] name, payload in self?.receive(name, payload) }
    subscription.onLost = { [weak self] in
      Log.shared.warning("live events are away")
      self?.isAway = true
    }
    subscription.onReady = { [weak self] in
      Log.shared.info("live events are there")
      self?.isAway = false
      self?.onReturn()
    }
  }

  func follow(_ channel: LiveChannel) throws { try subscription.subscribe(channel.name) }

  func unfollow(_ channel: LiveChannel) { subscription.unsubscribe(channel.name) }

  func waitUntilFollowed(_ channel: LiveChannel) async {
    // On its return everything is looked at anyway.
    guard !isAway else { return }
    _ = await subscription.waitUntilSubscribed(channel.name, atMost: Self.followLimit)
  }

  func events(of channel: LiveChannel, after seq: Int64) async throws -> [NumberedEvent] {
    try await log.events(of: channel, after: seq)
  }

  private func receive(_ name: String, _ payload: [UInt8]) {
    guard let channel = LiveChannel(name: name) else { return }
    do {
      onEvent(channel, try NumberedEvent(payload: payload))
    } catch {
      Log.shared.error("no live event", ["channel": .string(name), "error": .error(error)])
    }
  }
}
