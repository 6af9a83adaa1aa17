import Contracts
import Postgres
import Wire

/// Conversations as one of their two members sees them.
public struct ConversationStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// One conversation; nil where the user is no member.
  func conversation(_ id: String, of userID: String) async throws -> Conversation? {
    try await database.read(
      """
      SELECT conversation.id, user1_id, user2_id, last_message_at, conversation.created_at,
        other_id, unread_count, username, image, message.id AS message_id, message.sender_id,
        message.content, message.created_at AS sent_at,
        ordinal <= CASE WHEN sender_id = user1_id THEN user2_read ELSE user1_read END AS is_read
      FROM (
        SELECT id, user1_id, user2_id, user1_read, user2_read, last_message_at, created_at,
          CASE WHEN user1_id = $1::uuid THEN user2_id ELSE user1_id END AS other_id,
          CASE WHEN user1_id = $1::uuid THEN user2_sent - user1_read
            ELSE user1_sent - user2_read END AS unread_count
        FROM conversations WHERE id = $2::uuid AND $1::uuid IN (user1_id, user2_id)
      ) AS conversation
      LEFT JOIN users ON users.user_id = other_id
      LEFT JOIN LATERAL (
        SELECT id, sender_id, content, ordinal, created_at FROM messages
        WHERE conversation_id = conversation.id ORDER BY id DESC LIMIT 1
      ) AS message ON true
      """, [.uuid(userID), .uuid(id)]
    ).first.map(Conversation.init)
  }

  /// A user's conversations, the one with the latest message first, strictly below the cursor.
  func page(
    of userID: String, after cursor: PageCursor?, limit: Int
  ) async throws -> [Conversation] {
    try await database.read(
      Self.page,
      [.uuid(userID), .timestamp(cursor?.key), .uuid(cursor?.id), .int32(Int32(limit))]
    ).map(Conversation.init)
  }

  /// A user is the lower id of some conversations and the higher of others: each half is in order by
  /// its own index.
  private static let page = Query(
    """
    SELECT conversation.id, user1_id, user2_id, last_message_at, conversation.created_at,
      other_id, unread_count, username, image, message.id AS message_id, message.sender_id,
      message.content, message.created_at AS sent_at,
      ordinal <= CASE WHEN sender_id = user1_id THEN user2_read ELSE user1_read END AS is_read
    FROM (
      (SELECT id, user1_id, user2_id, user1_read, user2_read, last_message_at, created_at,
          user2_id AS other_id, user2_sent - user1_read AS unread_count
        FROM conversations
        WHERE user1_id = $1::uuid AND (last_message_at, id) < (
          COALESCE($2::timestamptz, 'infinity'),
          COALESCE($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        ORDER BY last_message_at DESC, id DESC LIMIT $4::integer)
      UNION ALL
      (SELECT id, user1_id, user2_id, user1_read, user2_read, last_message_at, created_at,
          user1_id AS other_id, user1_sent - user2_read AS unread_count
        FROM conversations
        WHERE user2_id = $1::uuid AND (last_message_at, id) < (
          COALESCE($2::timestamptz, 'infinity'),
          COALESCE($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        ORDER BY last_message_at DESC, id DESC LIMIT $4::integer)
      ORDER BY last_message_at DESC, id DESC LIMIT $4::integer
    ) AS conversation
    LEFT JOIN users ON users.user_id = other_id
    LEFT JOIN LATERAL (
      SELECT id, sender_id, content, ordinal, created_at FROM messages
      WHERE conversation_id = conversation.id ORDER BY id DESC LIMIT 1
    ) AS message ON true
    ORDER BY last_message_at DESC, conversation.id DESC
    """)

  /// Marks all that is there as read; false where the user is no member.
  func readAll(_ id: String, by userID: String) async throws -> Bool {
    try await database.write(
      """
      UPDATE conversations SET
        user1_read = CASE WHEN user1_id = $2::uuid THEN user2_sent ELSE user1_read END,
        user2_read = CASE WHEN user2_id = $2::uuid THEN user1_sent ELSE user2_read END
      WHERE id = $1::uuid AND $2::uuid IN (user1_id, user2_id)
      """, [.uuid(id), .uuid(userID)]
    ).affectedRows == 1
  }

  /// Marks what came up to a message as read: the mark never goes back. False where the user is no
  /// member, or there is no such message.
  func read(_ id: String, upTo messageID: String, by userID: String) async throws -> Bool {
    try await database.write(
      """
      WITH reached AS (
        SELECT CASE WHEN sender_id = $2::uuid THEN number - ordinal ELSE ordinal END AS count
        FROM messages WHERE conversation_id = $1::uuid AND id = $3::uuid
      )
      UPDATE conversations SET
        user1_read =
          CASE WHEN user1_id = $2::uuid THEN greatest(user1_read, count) ELSE user1_read END,
        user2_read =
          CASE WHEN user2_id = $2::uuid THEN greatest(user2_read, count) ELSE user2_read END
      FROM reached WHERE id = $1::uuid AND $2::uuid IN (user1_id, user2_id)
      """, [.uuid(id), .uuid(userID), .uuid(messageID)]
    ).affectedRows == 1
  }

  /// How many messages a user has not read, in all conversations.
  func unreadCount(of userID: String) async throws -> Int64 {
    try await database.read(
      """
      SELECT (
        COALESCE((
          SELECT sum(user2_sent - user1_read) FROM conversations
          WHERE user1_id = $1::uuid AND user2_sent > user1_read), 0)
        + COALESCE((
          SELECT sum(user1_sent - user2_read) FROM conversations
          WHERE user2_id = $1::uuid AND user1_sent > user2_read), 0)
      )::bigint AS unread_count
      """, [.uuid(userID)]
    ).first?.int64("unread_count") ?? 0
  }
}

extension Conversation {
  /// Reads a row of the queries above.
  @MainActor fileprivate init(_ row: Row) {
    let otherID = row.uuid("other_id")
    var last: DirectMessage?
    if let id = row.optionalUUID("message_id") {
      let senderID = row.uuid("sender_id")
      let (first, second) = (row.uuid("user1_id"), row.uuid("user2_id"))
      last = DirectMessage(
        id: id, conversationID: row.uuid("id"), senderID: senderID,
        receiverID: senderID == first ? second : first, content: row.string("content"),
        isRead: row.bool("is_read"), createdAt: row.milliseconds("sent_at"))
    }
    self.init(
      id: row.uuid("id"), user1ID: row.uuid("user1_id"), user2ID: row.uuid("user2_id"),
      otherUser: ConversationPartner(
        id: otherID, username: row.optionalString("username") ?? "",
        image: row.optionalString("image")),
      lastMessage: last, lastMessageAt: row.milliseconds("last_message_at"),
      unreadCount: row.int64("unread_count"), createdAt: row.milliseconds("created_at"))
  }
}
