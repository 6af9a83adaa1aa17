import Contracts
import Events
import Postgres
import Wire

/// Accounts as admins see and change them, and their end.
struct UserDirectory {
  /// An account in the list of admins.
  struct Entry {
    var account: Account
    var isBanned: Bool
  }

  let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  /// The latest first.
  func users(
    matching search: UserSearch?, _ page: IdentifierPage, _ context: CallContext
  ) async throws -> (users: [Entry], hasMore: Bool) {
    var parameters: [PostgresValue] = [.uuid(page.after), .int32(Int32(page.limit + 1))]
    if let search { parameters.append(.string(search.condition)) }
    let rows = try await database.read(
      search == nil ? Self.all : Self.matching, parameters, context)
    return (rows.prefix(page.limit).map(Entry.init), rows.count > page.limit)
  }

  private static let all = Query(
    """
    SELECT id, email, username, name, image, bio, role, timezone, day_start_hour, week_start,
      leaderboard_opt_out, forbid_overlap, version, created_at, updated_at,
      email_verified_at IS NOT NULL AS email_verified,
      totp_enabled_at IS NOT NULL AS totp_enabled, banned_at IS NOT NULL AS banned
    FROM users WHERE $1::uuid IS NULL OR id < $1::uuid
    ORDER BY id DESC LIMIT $2::int
    """)

  private static let matching = Query(
    """
    SELECT id, email, username, name, image, bio, role, timezone, day_start_hour, week_start,
      leaderboard_opt_out, forbid_overlap, version, created_at, updated_at,
      email_verified_at IS NOT NULL AS email_verified,
      totp_enabled_at IS NOT NULL AS totp_enabled, banned_at IS NOT NULL AS banned
    FROM users
    WHERE user_words(email_key, username_key, name) @@ $3::tsquery
      AND ($1::uuid IS NULL OR id < $1::uuid)
    ORDER BY id DESC LIMIT $2::int
    """)

  func user(_ id: String, _ context: CallContext) async throws -> Entry? {
    let rows = try await database.read(
      """
      SELECT id, email, username, name, image, bio, role, timezone, day_start_hour, week_start,
        leaderboard_opt_out, forbid_overlap, version, created_at, updated_at,
        email_verified_at IS NOT NULL AS email_verified,
        totp_enabled_at IS NOT NULL AS totp_enabled, banned_at IS NOT NULL AS banned
      FROM users WHERE id = $1
      """, [.uuid(id)], context)
    return rows.first.map(Entry.init)
  }

  /// Bans a user, who is signed out everywhere, or lifts the ban; and gives a role. Both or neither.
  func update(
    _ id: String, banned: Bool?, role: UserRole?, now: Int64, _ context: CallContext
  ) async throws {
    try await database.transaction(context) { transaction in
      if let banned {
        try await transaction.run(
          """
          UPDATE users SET banned_at = CASE WHEN $2 THEN coalesce(banned_at, $3) END,
            updated_at = greatest(updated_at, $3)
          WHERE id = $1 AND (banned_at IS NOT NULL) <> $2
          """, [.uuid(id), .bool(banned), .timestamp(now)])
      }
      if let role {
        try await transaction.run(
          "SELECT give_role($1, $2, $3)", [.uuid(id), .string(role.name), .timestamp(now)])
      }
      // A statement of its own: it sees the devices of logins that the ban has waited for.
      if banned == true {
        try await transaction.run(
          DeviceStore.revokeAll, [.uuid(id), .timestamp(now), .null])
        try await transaction.run(
          APITokenStore.revokeAll,
          [.uuid(id), .timestamp(now + APITokenStore.revocationMilliseconds)])
      }
    }
  }

  /// Deletes an account with all that auth keeps of it, and tells of it; false where it is gone, or
  /// its password was changed meanwhile.
  func delete(
    _ userID: String, passwordHash: String, now: Int64, _ context: CallContext
  ) async throws -> Event? {
    try await database.transaction(context) { transaction in
      let rows = try await transaction.run(
        "SELECT version FROM users WHERE id = $1 AND password_hash = $2 FOR UPDATE",
        [.uuid(userID), .string(passwordHash)])
      guard let row = rows.first else { return nil }
      let event = try Event(
        topic: Event.userChanged,
        UserChanged(userID: userID, deleted: true, version: row.int64("version") + 1))
      try await transaction.run(
        DeviceStore.revokeAll, [.uuid(userID), .timestamp(now), .null])
      try await transaction.run(
        APITokenStore.revokeAll,
        [.uuid(userID), .timestamp(now + APITokenStore.revocationMilliseconds)])
      try await transaction.run("DELETE FROM users WHERE id = $1", [.uuid(userID)])
      try await transaction.run(
        "INSERT INTO outbox (id, topic, payload) VALUES ($1, $2, $3)",
        [.uuid(event.id), .string(event.topic), .bytes(event.payload)])
      return event
    }
  }
}

extension UserDirectory.Entry {
  init(_ row: Row) { self.init(account: Account(row), isBanned: row.bool("banned")) }
}
