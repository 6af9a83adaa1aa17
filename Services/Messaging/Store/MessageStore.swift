import Contracts
import Postgres

/// Messages in the database. A conversation's row is what two senders meet at: its lock gives each
/// message its position, and with it an id that sorts in the order of sending.
public struct MessageStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Sends a message and notifies its receiver, in one statement. nil where one of the two is not
  /// known or gone, or the receiver blocks the sender.
  /// - Parameters:
  ///   - conversationID: of the conversation, if this message makes it.
  ///   - random: a UUID whose last digits make the message's id unguessable.
  ///   - event: of the outbox's row that tells of the message.
  func send(
    _ content: String, from senderID: String, to receiverID: String, conversationID: String,
    random: String, event: String, now: Int64
  ) async throws -> DirectMessage? {
    let rows = try await database.write(
      Self.send,
      [
        .uuid(conversationID), .uuid(senderID), .uuid(receiverID), .string(content),
        .timestamp(now), .uuid(random), .int32(NotificationKind.message.rawValue), .uuid(event),
      ])
    return rows.first.map { row in
      DirectMessage(
        id: row.uuid("id"), conversationID: row.uuid("conversation_id"), senderID: senderID,
        receiverID: receiverID, content: content, isRead: false,
        createdAt: row.milliseconds("created_at"))
    }
  }

  /// The two accounts stay locked against their deletion, which so comes before or after.
  private static let send = Query(
    """
    WITH members AS (
      SELECT sender.username FROM users AS sender, users AS receiver
      WHERE sender.user_id = $2::uuid AND receiver.user_id = $3::uuid
        AND NOT sender.deleted AND NOT receiver.deleted
        AND NOT EXISTS (
          SELECT FROM blocks WHERE blocker_id = $3::uuid AND blocked_id = $2::uuid AND blocked)
      FOR SHARE OF sender, receiver
    ), conversation AS (
      INSERT INTO conversations AS known (
        id, user1_id, user2_id, user1_sent, user2_sent, last_message_at, created_at)
      SELECT $1::uuid, least($2::uuid, $3::uuid), greatest($2::uuid, $3::uuid),
        ($2::uuid < $3::uuid)::integer, ($2::uuid > $3::uuid)::integer,
        $5::timestamptz, $5::timestamptz
      FROM members
      ON CONFLICT (user1_id, user2_id) DO UPDATE SET
        user1_sent = known.user1_sent + EXCLUDED.user1_sent,
        user2_sent = known.user2_sent + EXCLUDED.user2_sent,
        last_message_at = greatest(known.last_message_at, EXCLUDED.last_message_at)
      RETURNING id, user1_sent + user2_sent AS number, last_message_at,
        CASE WHEN user1_id = $2::uuid THEN user1_sent ELSE user2_sent END AS ordinal
    ), message AS (
      INSERT INTO messages (
        conversation_id, id, number, ordinal, sender_id, content, created_at)
      SELECT id, message_id(last_message_at, number, $6::uuid), number, ordinal, $2::uuid,
        $4::text, last_message_at
      FROM conversation
      RETURNING id, conversation_id, created_at
    ), told AS (
      -- A DirectMessage.
      INSERT INTO outbox (id, topic, payload)
      SELECT $8::uuid, 'message.sent',
        wire_text(1, id::text) || wire_text(2, conversation_id::text)
          || wire_text(3, $2::uuid::text) || wire_text(4, $3::uuid::text)
          || wire_text(5, $4::text) || wire_time(7, created_at)
      FROM message
    )
    SELECT id, conversation_id, created_at,
      apply_notification(
        id, $3::uuid, $7::integer, username || ' sent you a message.', id::text, $2::uuid,
        created_at)
    FROM message, members
    """)

  /// The messages of a conversation before one of them, the newest first. The caller has seen that
  /// the reader may.
  func page(
    of conversationID: String, before messageID: String?, limit: Int
  ) async throws -> [DirectMessage] {
    try await database.read(
      """
      SELECT messages.id, conversation_id, sender_id, content, messages.created_at,
        CASE WHEN sender_id = user1_id THEN user2_id ELSE user1_id END AS receiver_id,
        ordinal <= CASE WHEN sender_id = user1_id THEN user2_read ELSE user1_read END AS is_read
      FROM messages JOIN conversations ON conversations.id = conversation_id
      WHERE conversation_id = $1::uuid
        AND messages.id < COALESCE($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      ORDER BY messages.id DESC LIMIT $3::integer
      """, [.uuid(conversationID), .uuid(messageID), .int32(Int32(limit))]
    ).map { row in
      DirectMessage(
        id: row.uuid("id"), conversationID: row.uuid("conversation_id"),
        senderID: row.uuid("sender_id"), receiverID: row.uuid("receiver_id"),
        content: row.string("content"), isRead: row.bool("is_read"),
        createdAt: row.milliseconds("created_at"))
    }
  }
}
