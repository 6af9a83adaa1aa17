import Contracts
import Postgres
import Testing
import Wire

@testable import Messaging

/// Auth, as far as it is asked who a user is.
final class UserSource: Transport {
  var users: [String: UserChanged] = [:]
  private(set) var callCount = 0

  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    callCount += 1
    let userID = try GetSettingsRequest(bytes: body).userID
    guard let user = users[userID] else {
      throw RPCError(.notFound, "no_account", "There is no such account.")
    }
    return try user.bytes()
  }
}

/// The service on a database of its own, with a clock that is set by hand.
final class Bench {
  static let anna = "01939f0e-0000-7000-8000-00000000000a"
  static let bert = "01939f0e-0000-7000-8000-00000000000b"
  static let cleo = "01939f0e-0000-7000-8000-00000000000c"

  let pool: PostgresPool
  let auth = UserSource()
  var now: Int64 = 1_795_262_400_000  // 2026-11-21T12:00Z
  private(set) var service: Mailroom!

  init() async throws {
    pool = try await ServiceDatabase.pool()
    for (id, name) in [(Self.anna, "anna"), (Self.bert, "bert"), (Self.cleo, "cleo")] {
      auth.users[id] = UserChanged(userID: id, username: name, version: 1)
    }
    service = Mailroom(
      database: pool, auth: AuthClient(auth), now: { [unowned self] in now })
  }

  func context(_ userID: String) -> CallContext {
    CallContext(deadlineNanoseconds: .max, caller: Caller(userID: userID, sessionID: "s"))
  }

  func send(_ content: String, _ sender: String, to receiver: String) async throws -> DirectMessage
  {
    try await service.sendMessage(
      SendMessageRequest(receiverID: receiver, content: content), context(sender))
  }

  func conversations(_ userID: String) async throws -> [Conversation] {
    try await service.listConversations(ListConversationsRequest(), context(userID)).items
  }

  func unread(_ userID: String) async throws -> Int64 {
    try await service.getUnreadCount(GetUnreadCountRequest(), context(userID)).unreadCount
  }

  func read(_ id: String, upTo messageID: String? = nil, _ userID: String) async throws
    -> Conversation
  {
    try await service.readConversation(
      ReadConversationRequest(conversationID: id, upToMessageID: messageID), context(userID))
  }

  func notifications(_ userID: String, unread: Bool? = nil, limit: Int32 = 100) async throws
    -> [Notification]
  {
    try await service.listNotifications(
      ListNotificationsRequest(unread: unread, limit: limit), context(userID)
    ).items
  }

  /// The id of a test's notification.
  static func id(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "01939f0e-0000-7000-9000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  func tell(
    _ userID: String, _ number: Int, _ kind: NotificationKind = .badgeAwarded,
    actor: String? = nil
  ) async throws -> Bool {
    try await service.applyNotification(
      NotificationRaised(
        id: Self.id(number), userID: userID, kind: kind, text: "news \(number)",
        subjectID: "x", actorID: actor, createdMs: now),
      CallContext(deadlineNanoseconds: .max)
    ).changed
  }

  func apply(_ user: UserChanged) async throws -> Bool {
    try await service.applyUser(user, CallContext(deadlineNanoseconds: .max)).changed
  }

  func block(_ blocked: String, by blocker: String, _ isBlocked: Bool, version: Int64) async throws
    -> Bool
  {
    try await service.applyBlock(
      BlockChanged(
        blockerID: blocker, blockedID: blocked, blocked: isBlocked, version: version),
      CallContext(deadlineNanoseconds: .max)
    ).changed
  }

  func count(_ table: String) async throws -> Int {
    try await pool.read(Query(unprepared: "SELECT count(*) AS count FROM \(table)"))[0].int("count")
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

  /// Calls `body` so many times at once.
  func times<Value: Sendable>(
    _ count: Int, _ body: @escaping @MainActor (Int) async throws -> Value
  ) async throws -> [Value] {
    let tasks = (0..<count).map { number in Task { try await body(number) } }
    var values: [Value] = []
    for task in tasks { values.append(try await task.value) }
    return values
  }

  func close() { pool.close() }
}
