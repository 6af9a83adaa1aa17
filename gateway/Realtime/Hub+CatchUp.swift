import Contracts
import EventLoop
import Live
import Observability
import Wire

/// Finding what the feed has lost.
extension Hub {
  private static let laterPauses = [Duration.milliseconds(120), .milliseconds(350)]
  private static let refreshLimit = Duration.seconds(5)
  private static let pauses = (first: Duration.milliseconds(250), longest: Duration.seconds(5))
  private static let refreshesMax = 16

  /// The feed was away, and is back: every channel may have missed something.
  func catchUpWithAll() {
    var rest = Array(followings.values)
    for _ in 0..<min(Self.refreshesMax, rest.count) {
      Task {
        while let following = rest.popLast() { await refreshUntilDone(following) }
      }
    }
  }

  func catchUpIfBehind(_ following: Following) {
    guard following.order.isBehind, !following.isCatchingUp else { return }
    following.isCatchingUp = true
    Task {
      for pause in [Self.firstPause] + Self.laterPauses where isBehind(following) {
        await EventLoop.shared.pause(for: pause)
        if isBehind(following) { await readLog(following) }
      }
      if isBehind(following) { await refreshUntilDone(following) }
      following.isCatchingUp = false
    }
  }

  private func isBehind(_ following: Following) -> Bool {
    isHere(following) && following.order.isBehind
  }

  private func isHere(_ following: Following) -> Bool {
    followings[following.channel] === following
  }

  private func readLog(_ following: Following) async {
    guard let last = following.order.last else { return }
    do {
      for event in try await feed.events(of: following.channel, after: last) {
        deliver(following.order.take(event.seq, event.event), following)
      }
    } catch {
      Log.shared.debug("live log not read", ["error": .error(error)])
    }
  }

  private func refreshUntilDone(_ following: Following) async {
    var pause = Self.pauses.first
    while isHere(following), !following.listeners.isEmpty {
      do {
        if try await refresh(following) { return }
      } catch {
        Log.shared.debug("no snapshot", ["error": .error(error)])
      }
      await EventLoop.shared.pause(for: pause)
      pause = min(pause * 2, Self.pauses.longest)
    }
  }

  /// Looks at the state itself; what is missing comes from the log, or the state replaces it. False
  /// where somebody else has to be asked for.
  private func refresh(_ following: Following) async throws -> Bool {
    guard let userID = following.listeners.first?.userID else { return true }
    let channel = following.channel
    await enter(channel, userID)
    defer { leave(channel, userID) }
    let state: LiveState
    do {
      state = try await states.state(
        of: channel, for: Caller(userID: userID, sessionID: ""),
        CallContext(deadlineNanoseconds: Deadline.after(Self.refreshLimit).nanoseconds))
    } catch let error as RPCError where channel.isRoom {
      return try give(up: userID, because: error, following)
    }
    following.order.expect(state.seq)
    if following.order.isBehind { await readLog(following) }
    guard following.order.isBehind else { return true }
    try tell(state, following)
    return true
  }

  /// The state replaces what is missing.
  private func tell(_ state: LiveState, _ following: Following) throws {
    var state = state
    // What concerns a user comes behind the snapshot, though that tells of it too: a message is not
    // to be swallowed.
    if !following.channel.isRoom, let ahead = following.order.firstAhead {
      state.seq = min(state.seq, ahead - 1)
    }
    following.tell(LiveNews(seq: state.seq, frame: try text.frame(state)))
    for listener in following.listeners where !state.admits(listener.userID) {
      listener.end(.removed)
    }
    deliver(following.order.jump(to: state.seq), following)
  }

  /// A user may not follow the room any more, or nobody.
  private func give(up userID: String, because error: RPCError, _ following: Following) throws
    -> Bool
  {
    switch error.code {
    case .failedPrecondition where error.reason == "room_closed":
      for listener in following.listeners { listener.end(.removed) }
      return true
    case .permissionDenied, .notFound:
      for listener in following.listeners where listener.userID == userID {
        listener.end(.removed)
      }
      return false
    default: throw error
    }
  }
}

extension LiveChannel {
  nonisolated var isRoom: Bool {
    if case .room = self { true } else { false }
  }
}
