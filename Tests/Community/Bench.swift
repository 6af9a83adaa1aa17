import Contracts
import Events
import Postgres
import Testing
import Wire

@testable import Community

/// Not Swift Testing's.
typealias Comment = Contracts.Comment

/// Auth, as far as names go: everybody has one.
final class NameSource: Transport {
  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    let userID = try GetSettingsRequest(bytes: body).userID
    return try UserChanged(userID: userID, username: "user-\(userID.suffix(1))", version: 1).bytes()
  }
}

/// The service on a database of its own, with a clock that is set by hand.
final class Bench {
  let pool: PostgresPool
  var now: Int64 = 1_795_262_400_000  // 2026-11-21T12:00Z
  private(set) var delivered: [Event] = []
  private(set) var forum: Forum!

  init() async throws {
    pool = try await ServiceDatabase.pool()
    forum = Forum(
      stores: Forum.Stores(pool), auth: AuthClient(NameSource()),
      now: { [unowned self] in now },
      deliver: { [unowned self] event, _ in delivered.append(event) })
  }

  nonisolated static func id(of name: Character) -> String {
    "01939f0e-0000-7000-8000-00000000000\(name)"
  }

  /// A call by the user of that name, one hexadecimal digit.
  func by(_ name: Character, role: Caller.Role = .user) -> CallContext {
    CallContext(
      deadlineNanoseconds: .max,
      caller: Caller(userID: Self.id(of: name), sessionID: "s", role: role))
  }

  func post(by name: Character, title: String = "title") async throws -> Post {
    try await forum.createPost(
      .init(title: title, content: "content", category: .general), by(name))
  }

  func comment(
    by name: Character, on post: Post, below parent: Comment? = nil, _ text: String = "text"
  ) async throws -> Comment {
    try await forum.createComment(
      .init(postID: post.id, content: text, parentCommentID: parent?.id), by(name))
  }

  func notifications() throws -> [NotificationRaised] {
    try delivered.filter { $0.topic == Forum.notificationTopic }
      .map { try NotificationRaised(bytes: $0.payload) }
  }

  func posts() throws -> [PostChanged] {
    try delivered.filter { $0.topic == Forum.postTopic }.map { try PostChanged(bytes: $0.payload) }
  }

  /// Everything that was delivered has its row: events are written with the change.
  func outboxRows() async throws -> Int {
    try await pool.read("SELECT count(*) AS rows FROM outbox").first?.int("rows") ?? 0
  }

  func expect<Value>(
    _ code: RPCError.Code, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
  ) async {
    let error = await #expect(throws: RPCError.self, sourceLocation: sourceLocation) {
      try await body()
    }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
  }

  func close() { pool.close() }
}
