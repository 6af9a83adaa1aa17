import Postgres
import Security
import Wire

/// The secrets and recovery codes of two-factor login.
struct TOTPStore {
  struct Secret {
    /// nil: it was sealed with another key.
    var bytes: [UInt8]?
    /// As the database holds it.
    var stored: [UInt8]
    var lastStep: Int64
  }

  let database: AuthDatabase
  private let seal: TOTPSeal

  init(_ pool: PostgresPool, _ seal: TOTPSeal) {
    database = AuthDatabase(pool: pool)
    self.seal = seal
  }

  /// Keeps a secret that is to be confirmed, in place of one that was not; false where two-factor
  /// login is on.
  func propose(_ secret: [UInt8], for userID: String, _ context: CallContext) async throws -> Bool {
    try await database.write(
      """
      WITH person AS (
        SELECT id FROM users WHERE id = $1 AND totp_enabled_at IS NULL FOR SHARE
      )
      INSERT INTO totp AS known (user_id, secret) SELECT id, $2::bytea FROM person
      ON CONFLICT (user_id) DO UPDATE SET secret = EXCLUDED.secret, last_step = 0
      """, [.uuid(userID), .bytes(seal.close(secret))], context
    ).affectedRows == 1
  }

  /// Counts an attempt and gives the secret to check it with; nil where there is none, or where
  /// there were too many attempts. Counted before the code is looked at, so that many at once count
  /// too.
  func attempt(
    for userID: String, now: Int64, _ context: CallContext
  ) async throws -> Secret? {
    let rows = try await database.write(
      """
      UPDATE totp SET
        attempts = CASE WHEN tried_since < $2 THEN 1 ELSE attempts + 1 END,
        tried_since = CASE WHEN tried_since < $2 THEN $3 ELSE tried_since END
      WHERE user_id = $1 AND (tried_since < $2 OR attempts < $4)
      RETURNING secret, last_step
      """,
      [
        .uuid(userID), .timestamp(now - CodeAttempts.windowMilliseconds), .timestamp(now),
        .int32(Int32(CodeAttempts.max)),
      ], context)
    return rows.first.map { row in
      let stored = row.bytes("secret")
      return Secret(bytes: seal.open(stored), stored: stored, lastStep: row.int64("last_step"))
    }
  }

  func exists(for userID: String, _ context: CallContext) async throws -> Bool {
    let rows = try await database.read(
      "SELECT 1 AS found FROM totp WHERE user_id = $1", [.uuid(userID)], context)
    return !rows.isEmpty
  }

  /// Takes the code of a step, once: false where it, or a later one, was taken.
  func spend(step: Int64, for userID: String, _ context: CallContext) async throws -> Bool {
    try await database.write(
      "UPDATE totp SET last_step = $2, attempts = 0 WHERE user_id = $1 AND last_step < $2",
      [.uuid(userID), .int64(step)], context
    ).affectedRows == 1
  }

  /// Takes a recovery code, once.
  func spend(
    recoveryCode hash: [UInt8], for userID: String, _ context: CallContext
  ) async throws -> Bool {
    try await database.write(
      """
      WITH code AS (
        DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2 RETURNING user_id
      )
      UPDATE totp SET attempts = 0 FROM code WHERE totp.user_id = code.user_id
      """, [.uuid(userID), .bytes(hash)], context
    ).affectedRows == 1
  }

  /// Turns two-factor login on by the code of a step; false where that was done, or the secret is
  /// another by now.
  func enable(
    for userID: String, secret: [UInt8], step: Int64, _ codes: [RecoveryCode], now: Int64,
    _ context: CallContext
  ) async throws -> Bool {
    try await database.transaction(context) { transaction in
      let enabled = try await transaction.run(
        """
        UPDATE users SET totp_enabled_at = $2, updated_at = greatest(updated_at, $2)
        WHERE id = $1 AND totp_enabled_at IS NULL
          AND EXISTS (SELECT 1 FROM totp WHERE user_id = $1 AND secret = $3)
        """, [.uuid(userID), .timestamp(now), .bytes(secret)])
      guard enabled.affectedRows == 1 else { return false }
      let spent = try await transaction.run(
        """
        UPDATE totp SET last_step = $2, attempts = 0
        WHERE user_id = $1 AND secret = $3 AND last_step < $2
        """, [.uuid(userID), .int64(step), .bytes(secret)])
      // The secret was replaced while we waited for the account: nothing is to be written.
      guard spent.affectedRows == 1 else {
        throw RPCError(.aborted, "conflict", "Another enrolment came between; try again.")
      }
      try await transaction.run(
        "INSERT INTO recovery_codes (user_id, hash) SELECT $1::uuid, unnest($2::bytea[])",
        [.uuid(userID), .byteStrings(codes.map(\.hash))])
      return true
    }
  }

  /// Turns two-factor login off; false where it is off.
  func disable(for userID: String, now: Int64, _ context: CallContext) async throws -> Bool {
    try await database.transaction(context) { transaction in
      let disabled = try await transaction.run(
        """
        UPDATE users SET totp_enabled_at = NULL, updated_at = greatest(updated_at, $2)
        WHERE id = $1 AND totp_enabled_at IS NOT NULL
        """, [.uuid(userID), .timestamp(now)])
      guard disabled.affectedRows == 1 else { return false }
      try await transaction.run("DELETE FROM totp WHERE user_id = $1", [.uuid(userID)])
      try await transaction.run("DELETE FROM recovery_codes WHERE user_id = $1", [.uuid(userID)])
      return true
    }
  }
}
