import Contracts
import EventLoop
import Postgres
import ServiceKit
import Wire

/// Direct messages between two users, and what each user is notified of.
public final class Mailroom {
  let users: UserStore
  let messages: MessageStore
  let conversations: ConversationStore
  let notifications: NotificationStore
  let export: UserExport
  let auth: any AuthService
  let committed: Feeds.Committed
  /// Called when a user has read something: other devices of theirs may show a count.
  let unreadChanged: (_ userID: String) -> Void
  /// Milliseconds since the epoch.
  let now: () -> Int64

  public init(
    database: PostgresPool, auth: any AuthService,
    now: @escaping () -> Int64 = { WallClock.milliseconds },
    committed: @escaping Feeds.Committed = { _ in },
    unreadChanged: @escaping (_ userID: String) -> Void = { _ in }
  ) {
    users = UserStore(database)
    messages = MessageStore(database)
    conversations = ConversationStore(database)
    notifications = NotificationStore(database)
    export = Self.export(database)
    self.auth = auth
    self.now = now
    self.committed = committed
    self.unreadChanged = unreadChanged
  }

  /// The items of a page of `limit`, of which one more was asked for, and whether there are more.
  static func page<Item>(_ items: [Item], limit: Int) -> (items: [Item], hasMore: Bool) {
    (Array(items.prefix(limit)), items.count > limit)
  }
}

extension Mailroom: MessagingService {
  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    guard request.deleted else { return EventApplied(changed: try await users.save(request)) }
    try await users.erase(request)
    return EventApplied(changed: true)
  }

  public func applyBlock(
    _ request: BlockChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: try await users.save(request))
  }
}
