import Postgres
import Security
import Wire

/// Changes of passwords, and the mails that lead to them. Who changes a password signs devices out in
/// the same transaction: a login that was under way with the old one comes to nothing.
struct PasswordStore {
  let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  /// Replaces the hash `old`, and signs all devices but one out; false where the password was changed
  /// meanwhile.
  func change(
    of userID: String, from old: String, to new: String, keeping device: String, now: Int64,
    _ context: CallContext
  ) async throws -> Bool {
    try await database.transaction(context) { transaction in
      let changed = try await transaction.run(
        """
        UPDATE users SET password_hash = $3, updated_at = greatest(updated_at, $4)
        WHERE id = $1 AND password_hash = $2
        """, [.uuid(userID), .string(old), .string(new), .timestamp(now)])
      guard changed.affectedRows == 1 else { return false }
      try await transaction.run(
        DeviceStore.revokeAll, [.uuid(userID), .timestamp(now), .uuid(device)])
      try await transaction.run(Self.forgetResets, [.uuid(userID)])
      return true
    }
  }

  /// Sets a password by a mail's token, and signs all devices out; false where the token is none, or
  /// no longer. Of many at once, one is taken: it deletes the token's row.
  func reset(
    by token: OneTimeToken, to hash: String, now: Int64, _ context: CallContext
  ) async throws -> Bool {
    try await database.transaction(context) { transaction in
      let owner = try await transaction.run(
        """
        DELETE FROM mail_tokens
        WHERE hash = $1 AND kind = 'reset_password' AND expires_at > $2
        RETURNING user_id
        """, [.bytes(token.hash), .timestamp(now)])
      guard let userID = owner.first?.uuid("user_id") else { return false }
      try await transaction.run(
        """
        UPDATE users SET password_hash = $2, updated_at = greatest(updated_at, $3),
          email_verified_at = coalesce(email_verified_at, $3)
        WHERE id = $1
        """, [.uuid(userID), .string(hash), .timestamp(now)])
      try await transaction.run(DeviceStore.revokeAll, [.uuid(userID), .timestamp(now), .null])
      try await transaction.run(Self.forgetResets, [.uuid(userID)])
      return true
    }
  }

  private static let forgetResets = Query(
    "DELETE FROM mail_tokens WHERE user_id = $1 AND kind = 'reset_password'")

  /// Whether a token would reset a password: asked before the hash is made, which is dear.
  func canReset(_ token: OneTimeToken, now: Int64, _ context: CallContext) async throws -> Bool {
    let rows = try await database.read(
      """
      SELECT 1 AS found FROM mail_tokens
      WHERE hash = $1 AND kind = 'reset_password' AND expires_at > $2
      """, [.bytes(token.hash), .timestamp(now)], context)
    return !rows.isEmpty
  }

  /// Has a mail sent to whoever has this email. It costs as much if nobody has.
  func askReset(emailKey: String, id: String, now: Int64, _ context: CallContext) async throws {
    try await database.write(
      """
      INSERT INTO mails (id, user_id, kind, due_at, created_at)
      SELECT $1::uuid, (SELECT id FROM users WHERE email_key = $2), 'reset_password', $3, $3
      """, [.uuid(id), .string(emailKey), .timestamp(now)], context)
  }

  /// Has the mail sent that confirms an account's email; false where it is confirmed.
  func askVerification(
    of userID: String, id: String, now: Int64, _ context: CallContext
  ) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO mails (id, user_id, kind, due_at, created_at)
      SELECT $1::uuid, id, 'verify_email', $3, $3 FROM users
      WHERE id = $2 AND email_verified_at IS NULL
      """, [.uuid(id), .uuid(userID), .timestamp(now)], context
    ).affectedRows == 1
  }

  /// Confirms the email of a token's owner; false where the token is none, or no longer.
  func verifyEmail(by token: OneTimeToken, now: Int64, _ context: CallContext) async throws -> Bool
  {
    try await database.write(
      """
      WITH token AS (
        DELETE FROM mail_tokens WHERE hash = $1 AND kind = 'verify_email' AND expires_at > $2
        RETURNING user_id
      )
      UPDATE users SET email_verified_at = coalesce(email_verified_at, $2),
        updated_at = greatest(updated_at, $2)
      FROM token WHERE users.id = token.user_id
      """, [.bytes(token.hash), .timestamp(now)], context
    ).affectedRows == 1
  }
}
