import Contracts
import Live
import Wire

/// A snapshot: what there is to see with the event of that number.
struct LiveState {
  enum Content {
    case room(RoomState)
    case user(UserState)
  }

  var seq: Int64
  var content: Content

  var type: LiveType {
    if case .room = content { .roomState } else { .userState }
  }

  var roomID: String? {
    if case .room(let state) = content { state.room?.id } else { nil }
  }

  /// Who follows a room may do so only while they are in it.
  func admits(_ userID: String) -> Bool {
    guard case .room(let state) = content else { return true }
    return state.participants.contains { $0.userID == userID }
  }
}

/// Where snapshots come from: the services, or a test.
protocol LiveStates {
  /// - Throws: `RPCError`: `permission_denied` or `not_found` where the caller may not follow it,
  ///   `failed_precondition` where it is closed.
  func state(
    of channel: LiveChannel, for caller: Caller, _ context: CallContext
  ) async throws -> LiveState
}

/// Where events come from: Redis, or a test.
protocol LiveFeed {
  /// What is published on the channel is told from now on, as soon as that is possible.
  func follow(_ channel: LiveChannel) throws
  func unfollow(_ channel: LiveChannel)
  /// Waits until events are told, so that what is read afterwards is not older than they are; not
  /// for long where the feed is away.
  func waitUntilFollowed(_ channel: LiveChannel) async
  /// The events after a number that are still kept, in order, with gaps.
  func events(of channel: LiveChannel, after seq: Int64) async throws -> [NumberedEvent]
}
