import Contracts
import EventLoop
import Live
import Observability
import WebSocket
import Wire

/// Who follows what on this gateway: sockets come with a snapshot, or with what they missed, and are
/// told from there on what happens, in order, nothing twice.
///
/// An event is made into one message for all who follow its channel. The feed may lose events: what is
/// missing is looked for in the log, and else replaced by a snapshot (`Hub+CatchUp.swift`).
final class Hub {
  let feed: any LiveFeed
  let states: any LiveStates
  private let presence: RoomPresence?
  let text = LiveText()
  private(set) var followings: [LiveChannel: Following] = [:]
  private let repeated = Metrics.shared.counter(
    "websocket_events_repeated_total", "Live events that came again, or were known already.")

  /// A snapshot that was made just now is one for who comes now.
  private static let snapshotNanoseconds: UInt64 = 500_000_000
  /// The first look for missing events: most only come in another order.
  static let firstPause = Duration.milliseconds(30)

  init(feed: any LiveFeed, states: any LiveStates, presence: RoomPresence?) {
    self.feed = feed
    self.states = states
    self.presence = presence
  }

  // MARK: Coming

  /// Prepares a socket: from here on nothing that happens is missed. It is to be attached, or dropped.
  ///
  /// - Parameter since: the number of the message that its client got last.
  func join(
    _ channel: LiveChannel, _ caller: Caller, since: Int64?, _ context: CallContext
  ) async throws -> LiveJoin {
    let following = try following(channel)
    let join = LiveJoin(channel, caller)
    following.add(join)
    await enter(channel, caller.userID)
    do {
      await feed.waitUntilFollowed(channel)
      let state = try await states.state(of: channel, for: caller, context)
      join.seq = state.seq
      if let since, let missed = await missed(channel, after: since, upTo: state.seq) {
        join.opening = missed
      } else {
        join.opening = [try frame(of: state, following)]
      }
      return join
    } catch {
      drop(join)
      throw error
    }
  }

  /// The socket is open.
  func attach(_ join: LiveJoin, _ listener: any LiveListener) {
    guard let following = followings[join.channel], following.remove(join) else {
      // It took too long to open, and was given up.
      return listener.end(.overrun)
    }
    listener.seq = join.seq
    for frame in join.opening { listener.send(frame) }
    following.add(listener)
    for news in join.kept { news.tell(listener) }
    if join.isOverrun { listener.end(.overrun) }
    deliver(following.order.begin(at: join.seq), following)
    catchUpIfBehind(following)
  }

  /// The socket does not open.
  func drop(_ join: LiveJoin) {
    guard let following = followings[join.channel], following.remove(join) else { return }
    left(following, join.caller.userID)
  }

  /// The socket is closed.
  func leave(_ listener: any LiveListener, _ channel: LiveChannel) {
    guard let following = followings[channel] else { return }
    following.remove(listener)
    left(following, listener.userID)
  }

  private func following(_ channel: LiveChannel) throws -> Following {
    if let known = followings[channel] { return known }
    do {
      try feed.follow(channel)
    } catch {
      throw RPCError(.unavailable, "too_many_channels", "Too much is followed here.")
    }
    let following = Following(channel)
    followings[channel] = following
    return following
  }

  private func left(_ following: Following, _ userID: String) {
    if case .room(let id) = following.channel {
      presence?.leave(RoomPresence.Key(roomID: id, userID: userID))
    }
    guard following.isEmpty else { return }
    followings[following.channel] = nil
    feed.unfollow(following.channel)
  }

  func enter(_ channel: LiveChannel, _ userID: String) async {
    if case .room(let id) = channel {
      await presence?.enter(RoomPresence.Key(roomID: id, userID: userID))
    }
  }

  func leave(_ channel: LiveChannel, _ userID: String) {
    if case .room(let id) = channel {
      presence?.leave(RoomPresence.Key(roomID: id, userID: userID))
    }
  }

  // MARK: What they are told first

  /// The messages between two numbers; nil where they are not all kept any more.
  private func missed(
    _ channel: LiveChannel, after since: Int64, upTo seq: Int64
  ) async -> [EncodedFrame]? {
    guard since <= seq else { return nil }
    if since == seq { return [] }
    do {
      let events = try await feed.events(of: channel, after: since).filter { $0.seq <= seq }
      guard events.first?.seq == since + 1, events.last?.seq == seq,
        Int64(events.count) == seq - since
      else { return nil }
      return try events.map { try text.frame($0) }
    } catch {
      Log.shared.debug("missed events not read", ["error": .error(error)])
      return nil
    }
  }

  func frame(of state: LiveState, _ following: Following) throws -> EncodedFrame {
    let now = EventLoop.shared.now
    if case .room = state.content, let known = following.snapshot, known.seq == state.seq,
      now &- known.madeAt < Self.snapshotNanoseconds
    {
      return known.frame
    }
    let frame = try text.frame(state)
    if case .room = state.content { following.snapshot = (state.seq, now, frame) }
    return frame
  }

  // MARK: What happens

  /// An event has come from the feed.
  func receive(_ channel: LiveChannel, _ event: NumberedEvent) {
    guard let following = followings[channel] else { return }
    if let last = following.order.last, event.seq <= last { return repeated.increment() }
    deliver(following.order.take(event.seq, event.event), following)
    catchUpIfBehind(following)
  }

  func deliver(_ events: [LiveOrder<LiveEvent>.Numbered], _ following: Following) {
    if !events.isEmpty { following.snapshot = nil }
    for (seq, event) in events {
      do {
        following.tell(
          LiveNews(
            seq: seq, frame: try text.frame(NumberedEvent(seq: seq, event: event)),
            removedUserIDs: event.removedUserIDs, closes: event.closed))
      } catch {
        Log.shared.error("a live event has no text", ["error": .error(error)])
      }
    }
  }
}
