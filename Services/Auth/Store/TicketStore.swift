import Contracts
import Postgres
import Wire

/// The rows of `tickets`. One statement takes a ticket, so that it is taken once.
struct TicketStore {
  static let lifetimeMilliseconds: Int64 = 30_000
  private let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  /// Keeps a ticket of a caller; false where their device or API token is no more.
  func insert(
    _ ticket: OneTimeToken, of caller: Caller, now: Int64, _ context: CallContext
  ) async throws -> Bool {
    try await database.write(
      caller.scope == .full ? Self.insertOfDevice : Self.insertOfAPIToken,
      [
        .bytes(ticket.hash), .uuid(caller.sessionID), .uuid(caller.userID),
        .timestamp(now + Self.lifetimeMilliseconds),
      ], context
    ).affectedRows == 1
  }

  private static let insertOfDevice = Query(
    """
    INSERT INTO tickets (hash, device_id, expires_at)
    SELECT $1::bytea, id, $4::timestamptz FROM devices
    WHERE id = $2 AND user_id = $3 FOR KEY SHARE
    """)

  private static let insertOfAPIToken = Query(
    """
    INSERT INTO tickets (hash, api_token_id, expires_at)
    SELECT $1::bytea, id, $4::timestamptz FROM api_tokens
    WHERE id = $2 AND user_id = $3 FOR KEY SHARE
    """)

  /// Takes a ticket; nil where it is unknown, old or taken, or what it was made with counts no more.
  func take(
    _ ticket: OneTimeToken, now: Int64, _ context: CallContext
  ) async throws -> TicketHolder? {
    let rows = try await database.write(
      """
      WITH taken AS (
        DELETE FROM tickets WHERE hash = $1 AND expires_at > $2
        RETURNING device_id, api_token_id
      )
      SELECT users.id AS user_id, devices.id AS session_id, users.role, false AS read_only,
        devices.access_expires_at AS expires_at
      FROM taken JOIN devices ON devices.id = device_id JOIN users ON users.id = devices.user_id
      WHERE banned_at IS NULL AND devices.access_expires_at > $2
      UNION ALL
      SELECT users.id, api_tokens.id, 'user', scope = 'read', api_tokens.expires_at
      FROM taken JOIN api_tokens ON api_tokens.id = api_token_id
      JOIN users ON users.id = api_tokens.user_id
      WHERE banned_at IS NULL AND (api_tokens.expires_at IS NULL OR api_tokens.expires_at > $2)
      """, [.bytes(ticket.hash), .timestamp(now)], context)
    return rows.first.map {
      TicketHolder(
        userID: $0.uuid("user_id"), sessionID: $0.uuid("session_id"),
        role: UserRole(name: $0.string("role")) ?? .user, readOnly: $0.bool("read_only"),
        expiresAtMs: $0.optionalMilliseconds("expires_at") ?? 0)
    }
  }
}
