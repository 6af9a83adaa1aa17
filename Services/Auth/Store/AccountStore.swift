import Contracts
import Events
import Postgres
import Security
import Wire

/// Accounts. Unique indexes decide who gets an email or a username.
struct AccountStore {
  let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  func account(_ id: String, _ context: CallContext) async throws -> Account? {
    let rows = try await database.read(
      """
      SELECT id, email, username, name, image, bio, role, timezone, day_start_hour, week_start,
        leaderboard_opt_out, forbid_overlap, version, created_at, updated_at,
        email_verified_at IS NOT NULL AS email_verified,
        totp_enabled_at IS NOT NULL AS totp_enabled
      FROM users WHERE id = $1
      """, [.uuid(id)], context)
    return rows.first.map(Account.init)
  }

  func account(emailKey: String, _ context: CallContext) async throws -> Account? {
    let rows = try await database.read(
      "SELECT id FROM users WHERE email_key = $1", [.string(emailKey)], context)
    guard let id = rows.first?.uuid("id") else { return nil }
    return try await account(id, context)
  }

  func credentials(emailKey: String, _ context: CallContext) async throws -> Credentials? {
    let rows = try await database.read(
      """
      SELECT id, password_hash, banned_at IS NOT NULL AS banned,
        totp_enabled_at IS NOT NULL AS totp_enabled
      FROM users WHERE email_key = $1
      """, [.string(emailKey)], context)
    return rows.first.map(Credentials.init)
  }

  func credentials(of userID: String, _ context: CallContext) async throws -> Credentials? {
    let rows = try await database.read(
      """
      SELECT id, password_hash, banned_at IS NOT NULL AS banned,
        totp_enabled_at IS NOT NULL AS totp_enabled
      FROM users WHERE id = $1
      """, [.uuid(userID)], context)
    return rows.first.map(Credentials.init)
  }

  /// Makes an account, signs its device in, tells of it and has the mail sent that confirms the
  /// email, all in one.
  /// - Throws: `Taken`.
  func insert(
    _ account: Account, passwordHash: String, _ device: NewDevice, _ event: Event,
    _ context: CallContext
  ) async throws {
    try await database.write(
      """
      WITH account AS (
        INSERT INTO users (id, email, email_key, username, username_key, password_hash, name, image,
          timezone, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
      ), device AS (
        INSERT INTO devices (id, user_id, user_agent, ip, created_at, last_seen_at,
          access_expires_at, expires_at)
        VALUES ($11, $1, $12, $13, $10, $10, $14, $15)
      ), token AS (
        INSERT INTO refresh_tokens (hash, device_id, expires_at) VALUES ($16, $11, $15)
      ), mail AS (
        INSERT INTO mails (id, user_id, kind, due_at, created_at)
        VALUES ($17, $1, 'verify_email', $10, $10)
      )
      INSERT INTO outbox (id, topic, payload) VALUES ($17, $18, $19)
      """,
      [
        .uuid(account.id), .string(account.email), .string(Email.key(of: account.email)),
        .string(account.username), .string(Username.key(of: account.username)),
        .string(passwordHash), .string(account.name), .string(account.image),
        .string(account.timezone), .timestamp(account.createdAt), .uuid(device.id),
        .string(device.userAgent), .string(device.ip), .timestamp(device.accessExpiresAt),
        .timestamp(device.expiresAt), .bytes(device.refreshToken.hash), .uuid(event.id),
        .string(event.topic), .bytes(event.payload),
      ], context)
  }

  /// Writes what `account` has become and tells of it; false where another change came first, so
  /// that the account has another version than the one before this change.
  /// - Throws: `Taken`.
  func update(_ account: Account, _ event: Event, _ context: CallContext) async throws -> Bool {
    let rows = try await database.write(
      """
      WITH changed AS (
        UPDATE users SET username = $3, username_key = $4, name = $5, image = $6, bio = $7,
          timezone = $8, day_start_hour = $9, week_start = $10, leaderboard_opt_out = $11,
          forbid_overlap = $12, updated_at = $13, version = $2
        WHERE id = $1 AND version = $2 - 1
        RETURNING id
      )
      INSERT INTO outbox (id, topic, payload) SELECT $14::uuid, $15::text, $16::bytea FROM changed
      """,
      [
        .uuid(account.id), .int64(account.version), .string(account.username),
        .string(Username.key(of: account.username)), .string(account.name),
        .string(account.image), .string(account.bio), .string(account.timezone),
        .int32(account.dayStartHour), .string(account.weekStart.name),
        .bool(account.leaderboardOptOut), .bool(account.forbidOverlap),
        .timestamp(account.updatedAt), .uuid(event.id), .string(event.topic),
        .bytes(event.payload),
      ], context)
    return rows.affectedRows == 1
  }

  /// Replaces a hash by one of today's cost; false where the password was changed meanwhile.
  func replaceHash(
    _ old: String, by new: String, userID: String, _ context: CallContext
  ) async throws -> Bool {
    try await database.write(
      "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
      [.uuid(userID), .string(old), .string(new)], context
    ).affectedRows == 1
  }
}

/// What a login is checked with.
struct Credentials {
  let userID: String
  let passwordHash: String
  let isBanned: Bool
  let hasTOTP: Bool

  init(_ row: Row) {
    userID = row.uuid("id")
    passwordHash = row.string("password_hash")
    isBanned = row.bool("banned")
    hasTOTP = row.bool("totp_enabled")
  }
}

extension Account {
  init(_ row: Row) {
    self.init(
      id: row.uuid("id"), email: row.string("email"), username: row.string("username"),
      createdAt: 0)
    name = row.optionalString("name")
    image = row.optionalString("image")
    bio = row.optionalString("bio")
    role = UserRole(name: row.string("role")) ?? .user
    timezone = row.string("timezone")
    dayStartHour = row.int32("day_start_hour")
    weekStart = WeekStart(name: row.string("week_start")) ?? .monday
    leaderboardOptOut = row.bool("leaderboard_opt_out")
    forbidOverlap = row.bool("forbid_overlap")
    emailVerified = row.bool("email_verified")
    totpEnabled = row.bool("totp_enabled")
    version = row.int64("version")
    createdAt = row.milliseconds("created_at")
    updatedAt = row.milliseconds("updated_at")
  }
}
