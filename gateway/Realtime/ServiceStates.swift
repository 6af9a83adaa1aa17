import Contracts
import EventLoop
import Live
import Observability
import Redis
import Wire

/// Snapshots from the services.
final class ServiceStates: LiveStates {
  private let rooms: RoomSocketsClient
  private let feeds: FeedsClient
  private let log: LiveLog
  private let presence: RoomPresence

  init(rooms: RoomSocketsClient, feeds: FeedsClient, log: LiveLog, presence: RoomPresence) {
    self.rooms = rooms
    self.feeds = feeds
    self.log = log
    self.presence = presence
  }

  func state(
    of channel: LiveChannel, for caller: Caller, _ context: CallContext
  ) async throws -> LiveState {
    var context = context
    context.caller = caller
    switch channel {
    case .room(let id):
      let followed = try await presence.follow(id, context)
      return LiveState(seq: followed.seq, content: .room(followed.state ?? RoomState()))
    case .user(let id):
      // First the number: an event of the meantime is told again, none is left out.
      let seq = await position(of: id)
      let state = try await feeds.getUserState(GetUserStateRequest(), context)
      return LiveState(seq: seq, content: .user(state))
    }
  }

  /// 0 while Redis is away: the first event after its return brings a new snapshot.
  private func position(of userID: String) async -> Int64 {
    do {
      return try await log.position(ofUser: userID)
    } catch {
      Log.shared.debug("no number of a user's events", ["error": .error(error)])
      return 0
    }
  }
}
