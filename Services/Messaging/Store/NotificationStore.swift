import Contracts
import Postgres

/// Notifications and preferences in the database. `apply_notification` decides there what becomes
/// of one, so that one statement is enough wherever it comes from.
public struct NotificationStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Tells a user something, once; returns whether it is listed now.
  func apply(_ raised: RaisedNotification) async throws -> Bool {
    try await database.write(
      """
      SELECT apply_notification(
        $1::uuid, $2::uuid, $3::integer, $4::text, $5::text, $6::uuid, $7::timestamptz) AS applied
      """,
      [
        .uuid(raised.id), .uuid(raised.userID), .int32(raised.kind.rawValue),
        .string(raised.text), .string(raised.subjectID), .uuid(raised.actorID),
        .timestamp(raised.createdAt),
      ], durability: .asynchronous
    ).first?.bool("applied") ?? false
  }

  /// A notification, and where it stands in its user's list.
  struct Listed {
    var number: Int64
    var notification: Notification
  }

  /// A user's notifications, the latest to arrive first, strictly below a number.
  func page(
    of userID: String, isRead: Bool?, below number: Int64?, limit: Int
  ) async throws -> [Listed] {
    try await database.read(
      """
      SELECT number, id, kind, text, subject_id, is_read, created_at FROM notifications
      WHERE user_id = $1::uuid AND number < COALESCE($2::bigint, 9223372036854775807)
        AND ($3::boolean IS NULL OR is_read = $3::boolean)
      ORDER BY number DESC LIMIT $4::integer
      """,
      [
        .uuid(userID), .int64(number), isRead.map { .bool($0) } ?? .null, .int32(Int32(limit)),
      ]
    ).map { row in
      Listed(
        number: row.int64("number"),
        notification: Notification(
          id: row.uuid("id"), kind: NotificationKind(number: row.int32("kind")),
          text: row.string("text"), subjectID: row.optionalString("subject_id"),
          isRead: row.bool("is_read"), createdAt: row.milliseconds("created_at")))
    }
  }

  /// Where one of a user's notifications stands.
  func number(of id: String, of userID: String) async throws -> Int64? {
    try await database.read(
      "SELECT number FROM notifications WHERE id = $1 AND user_id = $2", [.uuid(id), .uuid(userID)]
    ).first?.int64("number")
  }

  /// Marks as read: all up to a number, and some by their ids.
  func read(upTo number: Int64, _ ids: [String], of userID: String) async throws {
    try await database.write(
      """
      UPDATE notifications SET is_read = true
      WHERE user_id = $1::uuid AND NOT is_read
        AND (number <= $2::bigint OR id = ANY($3::uuid[]))
      """, [.uuid(userID), .int64(number), .uuids(ids)])
  }

  func unreadCount(of userID: String) async throws -> Int64 {
    try await database.read(
      "SELECT count(*) AS count FROM notifications WHERE user_id = $1 AND NOT is_read",
      [.uuid(userID)]
    ).first?.int64("count") ?? 0
  }

  func muted(by userID: String) async throws -> MutedKinds {
    let rows = try await database.read(
      "SELECT muted FROM inboxes WHERE user_id = $1", [.uuid(userID)])
    return MutedKinds(bits: rows.first?.int32("muted") ?? 0)
  }

  /// Mutes and unmutes kinds, of what comes from now on.
  func change(_ change: (muted: Int32, unmuted: Int32), of userID: String) async throws
    -> MutedKinds
  {
    let rows = try await database.write(
      """
      INSERT INTO inboxes AS known (user_id, muted) VALUES ($1::uuid, $2::integer)
      ON CONFLICT (user_id) DO UPDATE SET muted = (known.muted & (~$3::integer)) | $2::integer
      RETURNING muted
      """, [.uuid(userID), .int32(change.muted), .int32(change.unmuted)])
    return MutedKinds(bits: rows.first?.int32("muted") ?? 0)
  }

  /// Forgets which notifications came before an instant, some at a time; false when none is left.
  func forgetTaken(before instant: Int64, rowsMax: Int) async throws -> Bool {
    try await database.write(
      """
      DELETE FROM taken_notifications WHERE id IN (
        SELECT id FROM taken_notifications WHERE taken_at < $1 ORDER BY taken_at
        LIMIT $2::integer FOR UPDATE SKIP LOCKED)
      """, [.timestamp(instant), .int32(Int32(rowsMax))], durability: .asynchronous
    ).affectedRows == rowsMax
  }
}
