import Contracts
import EventLoop
import Events
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
}

// MARK: - Completed sessions

extension Feeds {
  private static let userIDField: UInt32 = 2

  /// Tells of the sessions among these changes that were completed. Work and breaks both: the event
  /// says which, so that who wants only one can tell.
  ///
  /// Mostly there is nobody to tell: then nothing is decoded, and nothing written. Who comes later,
  /// and finds an event delivered again, is told.
  public func applySessions(_ events: [Event], _ context: CallContext) async throws {
    let users = try events.map(Self.user)
    let audience = try await audience.of(Set(users.compactMap(\.self)))
    guard !audience.isEmpty else { return }
    var stories: [FeedStore.Story] = []
    for (event, user) in zip(events, users) {
      guard let answer = user.flatMap({ audience[$0] }) else { continue }
      let session = try SessionChanged(bytes: event.payload)
      guard session.completed, !session.deleted, UUIDv7(session.sessionID) != nil else { continue }
      let data = try Schemas.transcoder.json(of: CompletedSession(session))
      let live = answer.isFollowed ? UserFeed.event(of: session, data: data, at: now()) : nil
      stories.append(.init(session: session, data: data, live: live))
    }
    guard !stories.isEmpty else { return }
    let told = try await store.tell(stories)
    guard !told.isEmpty else { return }
    let followed = stories.filter { $0.live != nil }.map(\.session.sessionID)
    committed(told.intersection(followed).sorted())
  }

  /// Whose session an event is about; nil where it is nobody's.
  static func user(of event: Event) throws -> UUIDv7? {
    let user = event.payload.withUnsafeBytes { bytes in
      FieldScanner.content(of: userIDField, in: bytes).flatMap { UUIDv7(utf8: $0) }
    }
    // One that is malformed must not pass for one that nobody is to be told of.
    if user == nil { _ = try SessionChanged(bytes: event.payload) }
    return user
  }
}
