import Contracts
import EventLoop
import Events
import Postgres
import Wire

/// Posts, comments and likes; reports, what moderators decide about them, and blocked users.
public final class Forum {
  /// The topics of `PostChanged`, `BlockChanged` and `NotificationRaised`.
  public static let postTopic = "post.changed"
  public static let blockTopic = "block.changed"
  public static let notificationTopic = "notification.raised"

  /// Hands a committed event to its consumers; never fails.
  public typealias Delivery = (_ event: Event, _ context: CallContext) async -> Void

  /// The tables of the service.
  public struct Stores {
    let posts: PostStore
    let comments: CommentStore
    let likes: LikeStore
    let reports: ReportStore
    let blocks: BlockStore
    let users: UserStore
    let exports: ExportStore

    public init(_ database: PostgresPool) {
      posts = PostStore(database)
      comments = CommentStore(database)
      likes = LikeStore(database)
      reports = ReportStore(database)
      blocks = BlockStore(database)
      users = UserStore(database)
      exports = ExportStore(database)
    }
  }

  let stores: Stores
  let users: KnownUsers
  let deliver: Delivery
  /// Milliseconds since the epoch.
  let now: () -> Int64

  /// How often a change is tried again that another one has forestalled.
  static let attemptsMax = 8

  public init(
    stores: Stores, auth: any AuthService,
    now: @escaping () -> Int64 = { WallClock.milliseconds }, deliver: @escaping Delivery
  ) {
    self.stores = stores
    users = KnownUsers(store: stores.users, auth: auth)
    self.now = now
    self.deliver = deliver
  }

  /// Tries a change until no other one forestalls it: `body` gives nil where one did.
  func untilUndisturbed<Value>(_ body: () async throws -> Value?) async throws -> Value {
    for _ in 0..<Self.attemptsMax {
      if let value = try await body() { return value }
    }
    throw Refusal.changedMeanwhile
  }

  /// The cursor of a request, which has to be one of this list.
  func cursor(_ text: String?, of list: Character) throws(RPCError) -> ListCursor? {
    guard let text else { return nil }
    guard let cursor = ListCursor(parsing: text, of: list) else { throw RPCError.badCursor }
    return cursor
  }
}

extension Forum: CommunityService {
  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: try await users.apply(request))
  }
}
