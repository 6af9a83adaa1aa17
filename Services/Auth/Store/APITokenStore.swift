import Contracts
import Postgres
import Security
import Wire

/// Personal API tokens.
struct APITokenStore {
  let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  /// Keeps a new token; false where its owner has as many as one may have.
  func insert(
    _ record: APITokenRecord, _ token: APIToken, of userID: String, _ context: CallContext
  ) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO api_tokens (id, user_id, name, scope, hash, prefix, created_at, expires_at)
      SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::text, $7::timestamptz,
        $8::timestamptz
      WHERE (SELECT count(*) FROM api_tokens WHERE user_id = $2::uuid) < $9
      """,
      [
        .uuid(record.id), .uuid(userID), .string(record.name), .string(record.scope.name),
        .bytes(token.hash), .string(record.prefix), .timestamp(record.createdAt),
        .timestamp(record.expiresAt), .int(APITokenRecord.countMax),
      ], context
    ).affectedRows == 1
  }

  func tokens(
    of userID: String, _ page: IdentifierPage, _ context: CallContext
  ) async throws -> (tokens: [APITokenRecord], hasMore: Bool) {
    let rows = try await database.read(
      """
      SELECT id, name, scope, prefix, created_at, expires_at, last_used_at FROM api_tokens
      WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2::uuid)
      ORDER BY id DESC LIMIT $3::int
      """, [.uuid(userID), .uuid(page.after), .int32(Int32(page.limit + 1))], context)
    return (rows.prefix(page.limit).map(APITokenRecord.init), rows.count > page.limit)
  }

  func token(
    _ id: String, of userID: String, _ context: CallContext
  ) async throws -> APITokenRecord? {
    let rows = try await database.read(
      """
      SELECT id, name, scope, prefix, created_at, expires_at, last_used_at FROM api_tokens
      WHERE id = $1 AND user_id = $2
      """, [.uuid(id), .uuid(userID)], context)
    return rows.first.map(APITokenRecord.init)
  }

  func delete(
    _ id: String, of userID: String, now: Int64, _ context: CallContext
  ) async throws -> Bool {
    let rows = try await database.write(
      """
      WITH token AS (
        DELETE FROM api_tokens WHERE id = $1 AND user_id = $2 RETURNING id
      ), revocation AS (
        INSERT INTO revocations AS known (device_id, expires_at) SELECT id, $3 FROM token
        ON CONFLICT (device_id) DO UPDATE SET
          transaction = EXCLUDED.transaction, expires_at = EXCLUDED.expires_at
      )
      SELECT count(*) AS count FROM token
      """,
      [.uuid(id), .uuid(userID), .timestamp(now + Self.revocationMilliseconds)], context)
    return rows.first?.int("count") == 1
  }

  /// How long the gateways are told that a token ended, which some have sockets of.
  static let revocationMilliseconds: Int64 = 24 * 3600 * 1000

  /// Tells the gateways that a user's tokens count no more, as a part of other changes: of the user
  /// `$1`, until `$2`.
  static let revokeAll = Query(
    """
    INSERT INTO revocations AS known (device_id, expires_at)
    SELECT id, $2 FROM api_tokens WHERE user_id = $1
    ON CONFLICT (device_id) DO UPDATE SET
      transaction = EXCLUDED.transaction, expires_at = EXCLUDED.expires_at
    """)

  /// Whose a token is, if it counts.
  func owner(
    of token: APIToken, now: Int64, _ context: CallContext
  ) async throws -> (record: APITokenRecord, userID: String)? {
    let rows = try await database.read(
      """
      SELECT api_tokens.id, user_id, api_tokens.name, scope, prefix, api_tokens.created_at,
        expires_at, last_used_at
      FROM api_tokens JOIN users ON users.id = user_id
      WHERE hash = $1 AND banned_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
      """, [.bytes(token.hash), .timestamp(now)], context)
    return rows.first.map { (APITokenRecord($0), $0.uuid("user_id")) }
  }

  /// Remembers that a token was used; nobody waits for the disk.
  func touch(_ id: String, now: Int64) async throws {
    _ = try await database.pool.write(
      "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1", [.uuid(id), .timestamp(now)],
      durability: .asynchronous)
  }
}

extension APITokenRecord {
  init(_ row: Row) {
    self.init(
      id: row.uuid("id"), name: row.string("name"),
      scope: TokenScope(name: row.string("scope")) ?? .read, prefix: row.string("prefix"),
      createdAt: row.milliseconds("created_at"),
      expiresAt: row.optionalMilliseconds("expires_at"),
      lastUsedAt: row.optionalMilliseconds("last_used_at"))
  }
}
