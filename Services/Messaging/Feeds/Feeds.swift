import Contracts
import EventLoop
import Live
import Postgres
import Security
import Wire

/// What users follow: how much they have not read, and what they have completed.
public final class Feeds {
  /// Which of some users are followed by anybody: over a socket, or until a moment ago.
  public typealias Audience = (_ userIDs: [String]) async throws -> Set<String>
  /// Called when something of a user was committed that goes out: rows of the outbox and, perhaps,
  /// deliveries to webhooks.
  public typealias Committed = (_ rows: [String]) -> Void

  private let store: FeedStore
  private let conversations: ConversationStore
  private let notifications: NotificationStore
  private let audience: SessionAudience
  private let committed: Committed
  /// Milliseconds since the epoch.
  private let now: () -> Int64

  public init(
    _ database: PostgresPool, audience: @escaping Audience,
    now: @escaping () -> Int64 = { WallClock.milliseconds },
    committed: @escaping Committed = { _ in }
  ) {
    let store = FeedStore(database: database)
    self.store = store
    conversations = ConversationStore(database)
    notifications = NotificationStore(database)
    self.audience = SessionAudience(
      followed: audience, listeners: { try await store.listeners(among: $0) })
    self.now = now
    self.committed = committed
  }

  /// How much a user has not read, as a state to be told.
  public func unread(_ userID: String) async throws -> StateFeed.State? {
    let state = try await state(of: userID)
    return .init(
      content: try state.bytes(), data: try Schemas.transcoder.json(of: state))
  }

  private func state(of userID: String) async throws -> UserState {
    UserState(
      unreadMessages: try await conversations.unreadCount(of: userID),
      unreadNotifications: try await notifications.unreadCount(of: userID))
  }
}

extension Feeds: FeedsService {
  public func getUserState(
    _ request: GetUserStateRequest, _ context: CallContext
  ) async throws -> UserState {
    try await state(of: context.userID)
  }

  /// Work and breaks both: the event says which, so that who wants only one can tell.
  public func applySession(
    _ request: SessionChanged, _ context: CallContext
  ) async throws -> EventApplied {
    guard request.completed, !request.deleted, let session = UUIDv7(request.sessionID)?.text,
      let userID = UUIDv7(request.userID)?.text
    else { return EventApplied(changed: false) }
    // Mostly there is nobody to tell: then nothing is written. Who comes later, and finds this event
    // delivered again, is told.
    let audience = try await audience.of(userID)
    guard !audience.isNobody else { return EventApplied(changed: false) }
    let data = try Schemas.transcoder.json(of: CompletedSession(request))
    let live = audience.isFollowed ? UserFeed.event(of: request, data: data, at: now()) : nil
    guard try await store.tell(request, data: data, live: live) else {
      return EventApplied(changed: false)
    }
    committed(audience.isFollowed ? [session] : [])
    return EventApplied(changed: true)
  }
}
