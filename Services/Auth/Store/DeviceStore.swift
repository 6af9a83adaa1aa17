import Postgres
import Wire

/// Signed-in devices, their refresh tokens, and what was revoked. A device's row is what all that
/// concerns it locks first, so that a refresh and a logout of it come one after the other.
struct DeviceStore {
  let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  // MARK: Signing in

  /// Signs a device in; false where the account is gone or banned, or its password is another than
  /// the one that was verified. The account's row is shared with other logins, so that a ban and a
  /// new password come before or after this, and sign the device out.
  func insert(
    _ device: NewDevice, userID: String, passwordHash: String, now: Int64, _ context: CallContext
  ) async throws -> Bool {
    try await database.write(
      """
      WITH person AS (
        SELECT id FROM users
        WHERE id = $2 AND password_hash = $9 AND banned_at IS NULL FOR SHARE
      ), device AS (
        INSERT INTO devices (id, user_id, user_agent, ip, created_at, last_seen_at,
          access_expires_at, expires_at)
        SELECT $1::uuid, id, $3::text, $4::text, $5::timestamptz, $5::timestamptz,
          $6::timestamptz, $7::timestamptz
        FROM person RETURNING id
      )
      INSERT INTO refresh_tokens (hash, device_id, expires_at)
      SELECT $8::bytea, id, $7::timestamptz FROM device
      """,
      [
        .uuid(device.id), .uuid(userID), .string(device.userAgent), .string(device.ip),
        .timestamp(now), .timestamp(device.accessExpiresAt), .timestamp(device.expiresAt),
        .bytes(device.refreshToken.hash), .string(passwordHash),
      ], context
    ).affectedRows == 1
  }

  // MARK: Refreshing

  /// Whose device a refresh token is of.
  func owner(of token: OneTimeToken, _ context: CallContext) async throws -> String? {
    let rows = try await database.read(
      """
      SELECT user_id FROM refresh_tokens
      JOIN devices ON devices.id = refresh_tokens.device_id WHERE hash = $1
      """, [.bytes(token.hash)], context)
    return rows.first?.uuid("user_id")
  }

  /// Spends a token for its successor, by `RefreshRule`. The device that it is of, or nil where it
  /// is not taken; a device in wrong hands is signed out.
  func exchange(
    _ token: OneTimeToken, for successor: NewDevice, now: Int64, _ context: CallContext
  ) async throws -> String? {
    try await database.transaction(context) { transaction in
      // Whoever waits here for a parallel refresh may see `spent_at` as it was before: that grants,
      // as the grace would.
      let rows = try await transaction.run(
        """
        SELECT devices.id, spent_at, refresh_tokens.expires_at FROM refresh_tokens
        JOIN devices ON devices.id = refresh_tokens.device_id
        WHERE hash = $1 FOR UPDATE OF devices
        """, [.bytes(token.hash)])
      guard let row = rows.first else { return nil }
      let device = row.uuid("id")
      let presented = RefreshRule.Presented(
        spentAt: row.optionalMilliseconds("spent_at"), expiresAt: row.milliseconds("expires_at"))
      switch RefreshRule.decide(presented, now: now) {
      case .refuse: return nil
      case .revokeDevice:
        try await transaction.run(Self.revokeOne, [.uuid(device), .null, .timestamp(now)])
        return nil
      case .grant:
        try await transaction.run(
          Self.rotate,
          [
            .bytes(token.hash), .timestamp(now), .uuid(device), .string(successor.userAgent),
            .string(successor.ip), .timestamp(successor.accessExpiresAt),
            .timestamp(successor.expiresAt), .bytes(successor.refreshToken.hash),
          ])
        return device
      }
    }
  }

  private static let rotate = Query(
    """
    WITH spent AS (
      UPDATE refresh_tokens SET spent_at = coalesce(spent_at, $2) WHERE hash = $1
    ), device AS (
      UPDATE devices SET last_seen_at = $2, user_agent = $4, ip = $5,
        access_expires_at = greatest(access_expires_at, $6),
        expires_at = greatest(expires_at, $7)
      WHERE id = $3
    )
    INSERT INTO refresh_tokens (hash, device_id, expires_at) VALUES ($8, $3, $7)
    """)

  // MARK: Listing

  func devices(
    of userID: String, _ page: IdentifierPage, now: Int64, _ context: CallContext
  ) async throws -> (devices: [SignedInDevice], hasMore: Bool) {
    let rows = try await database.read(
      """
      SELECT id, user_agent, ip, created_at, last_seen_at FROM devices
      WHERE user_id = $1 AND expires_at > $2 AND ($3::uuid IS NULL OR id < $3::uuid)
      ORDER BY id DESC LIMIT $4::int
      """,
      [.uuid(userID), .timestamp(now), .uuid(page.after), .int32(Int32(page.limit + 1))], context)
    return (rows.prefix(page.limit).map(SignedInDevice.init), rows.count > page.limit)
  }

  func device(
    _ id: String, of userID: String, now: Int64, _ context: CallContext
  ) async throws -> SignedInDevice? {
    let rows = try await database.read(
      """
      SELECT id, user_agent, ip, created_at, last_seen_at FROM devices
      WHERE id = $1 AND user_id = $2 AND expires_at > $3
      """, [.uuid(id), .uuid(userID), .timestamp(now)], context)
    return rows.first.map(SignedInDevice.init)
  }

  // MARK: Signing out

  /// Signs one device of a user out; false where there is none.
  func revoke(
    _ id: String, of userID: String, now: Int64, _ context: CallContext
  ) async throws -> Bool {
    let rows = try await database.write(
      Self.revokeOne, [.uuid(id), .uuid(userID), .timestamp(now)], context)
    return rows.first?.int("count") == 1
  }

  /// Deletes the device, and with it its refresh tokens, and records it for the gateway as long as
  /// an access token may be about.
  private static let revokeOne = Query(
    """
    WITH device AS (
      DELETE FROM devices WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2::uuid)
      RETURNING id, access_expires_at
    ), revocation AS (
      INSERT INTO revocations AS known (device_id, expires_at)
      SELECT id, access_expires_at FROM device WHERE access_expires_at > $3
      ON CONFLICT (device_id) DO UPDATE SET
        role = NULL, transaction = EXCLUDED.transaction,
        expires_at = greatest(known.expires_at, EXCLUDED.expires_at)
    )
    SELECT count(*) AS count FROM device
    """)

  /// Signs all devices of a user out.
  func revokeAll(of userID: String, now: Int64, _ context: CallContext) async throws {
    try await database.write(
      Self.revokeAll, [.uuid(userID), .timestamp(now), .null], context)
  }

  /// The same as a part of other changes: of the user `$1`, at `$2`, but for the device `$3`.
  static let revokeAll = Query(
    """
    WITH device AS (
      DELETE FROM devices WHERE user_id = $1 AND ($3::uuid IS NULL OR id <> $3::uuid)
      RETURNING id, access_expires_at
    )
    INSERT INTO revocations AS known (device_id, expires_at)
    SELECT id, access_expires_at FROM device WHERE access_expires_at > $2
    ON CONFLICT (device_id) DO UPDATE SET
      role = NULL, transaction = EXCLUDED.transaction,
      expires_at = greatest(known.expires_at, EXCLUDED.expires_at)
    """)
}

extension SignedInDevice {
  init(_ row: Row) {
    self.init(
      id: row.uuid("id"), userAgent: row.string("user_agent"), ip: row.string("ip"),
      createdAt: row.milliseconds("created_at"), lastSeenAt: row.milliseconds("last_seen_at"))
  }
}
