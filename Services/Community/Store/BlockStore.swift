import Contracts
import Events
import Postgres
import Wire

/// Who blocks whom, in the database.
public struct BlockStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// What is known of a pair; version 0 where it never blocked.
  struct Pair {
    var isBlocked = false
    var version: Int64 = 0
    var changedAt: Int64 = 0
  }

  func pair(_ blocker: String, _ blocked: String) async throws -> Pair {
    try await database.read(
      """
      SELECT is_blocked, version, changed_at FROM blocks WHERE blocker_id = $1 AND blocked_id = $2
      """, [.uuid(blocker), .uuid(blocked)]
    ).first.map { row in
      Pair(
        isBlocked: row.bool("is_blocked"), version: row.int64("version"),
        changedAt: row.milliseconds("changed_at"))
    } ?? Pair()
  }

  /// Writes the next version of a pair; false where it has changed meanwhile, or the blocker's
  /// account is gone.
  func set(
    _ blocker: String, _ blocked: String, isBlocked: Bool, over version: Int64, at now: Int64,
    _ event: Event
  ) async throws -> Bool {
    try await database.write(
      """
      WITH changed AS (
        INSERT INTO blocks AS known (blocker_id, blocked_id, is_blocked, version, changed_at)
        SELECT user_id, $2, $3, $4 + 1, $5 FROM known_users
        WHERE user_id = $1 AND NOT deleted FOR SHARE
        ON CONFLICT (blocker_id, blocked_id) DO UPDATE SET
          is_blocked = EXCLUDED.is_blocked, version = EXCLUDED.version,
          changed_at = EXCLUDED.changed_at
        WHERE known.version = $4
        RETURNING version
      )
      INSERT INTO outbox (id, topic, payload) SELECT $6, $7, $8 FROM changed
      """,
      [
        .uuid(blocker), .uuid(blocked), .bool(isBlocked), .int64(version), .timestamp(now),
      ] + event.values
    ).affectedRows == 1
  }

  /// Whom the user blocks, but never more than may be blocked.
  func count(of blocker: String) async throws -> Int {
    try await database.read(
      "SELECT count(*) AS blocks FROM blocks WHERE blocker_id = $1 AND is_blocked",
      [.uuid(blocker)]
    ).first?.int("blocks") ?? 0
  }

  func page(of blocker: String, after cursor: PageCursor?, limit: Int) async throws -> [Block] {
    try await database.read(
      """
      SELECT b.blocked_id, u.username, b.changed_at
      FROM blocks b JOIN known_users u ON u.user_id = b.blocked_id
      WHERE b.blocker_id = $1 AND b.is_blocked AND (b.changed_at, b.blocked_id) < (
        COALESCE($2::timestamptz, 'infinity'),
        COALESCE($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      ORDER BY b.changed_at DESC, b.blocked_id DESC LIMIT $4::int4
      """,
      [.uuid(blocker), .timestamp(cursor?.key), .uuid(cursor?.id), .int32(Int32(limit))]
    ).map { row in
      Block(
        userID: row.uuid("blocked_id"), username: row.string("username"),
        createdAt: row.milliseconds("changed_at"))
    }
  }

  /// Whether this user is blocked by that one.
  func blocks(_ blocker: String, _ blocked: String) async throws -> Bool {
    try await pair(blocker, blocked).isBlocked
  }
}
