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
  /// Called when a notification of a user may have been committed: what has to go out with it is
  /// in the database (`notification_applied`), this only says that it is time.
  let notificationCommitted: (_ userID: String) -> Void
  /// Milliseconds since the epoch.
  let now: () -> Int64

  public init(
    database: PostgresPool, auth: any AuthService,
    now: @escaping () -> Int64 = { WallClock.milliseconds },
    notificationCommitted: @escaping (_ userID: String) -> Void = { _ in }
  ) {
    users = UserStore(database)
    messages = MessageStore(database)
    conversations = ConversationStore(database)
    notifications = NotificationStore(database)
    export = Self.export(database)
    self.auth = auth
    self.now = now
    self.notificationCommitted = notificationCommitted
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
