import Postgres
import Security

/// Mails that wait, and the tokens that they carried. No call waits for these but its own insert.
struct MailStore {
  struct Due {
    var id: String
    /// nil: nobody has the address that was asked for.
    var userID: String?
    var kind: MailKind
    /// This one included.
    var attempts: Int
  }

  let pool: PostgresPool

  init(_ pool: PostgresPool) { self.pool = pool }

  /// The mail that is due longest, for this process alone: the others see it again when the time
  /// until the next attempt, a minute first, then ever longer, is over.
  func take(now: Int64) async throws -> Due? {
    let rows = try await pool.write(
      """
      WITH due AS (
        SELECT id FROM mails WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
      )
      UPDATE mails SET attempts = attempts + 1,
        due_at = $1 + least(60 * 2 ^ attempts, 3600) * interval '1 second'
      FROM due WHERE mails.id = due.id
      RETURNING mails.id, user_id, kind, attempts
      """, [.timestamp(now)])
    return rows.first.map { row in
      Due(
        id: row.uuid("id"), userID: row.optionalUUID("user_id"),
        kind: MailKind(rawValue: row.string("kind")) ?? .verifyEmail, attempts: row.int("attempts"))
    }
  }

  /// Makes a token good for a mail's receiver; nil where the mail is not wanted any more: the account
  /// is gone or confirmed, or got too many.
  func address(
    _ mail: Due, _ token: OneTimeToken, now: Int64
  ) async throws -> (email: String, username: String)? {
    let rows = try await pool.write(
      """
      WITH person AS (
        SELECT id, email, username FROM users
        WHERE id = $1 AND banned_at IS NULL
          AND ($2::text <> 'verify_email' OR email_verified_at IS NULL)
          AND (
            SELECT count(DISTINCT mail_id) FROM mail_tokens
            WHERE user_id = $1 AND kind = $2::text AND created_at > $3 AND mail_id <> $4
          ) < $5
      ), token AS (
        INSERT INTO mail_tokens (hash, mail_id, user_id, kind, created_at, expires_at)
        SELECT $6::bytea, $4, id, $2::text, $7::timestamptz, $8::timestamptz FROM person
      )
      SELECT email, username FROM person
      """,
      [
        .uuid(mail.userID), .string(mail.kind.rawValue),
        .timestamp(now - MailKind.tokenLifetimeMilliseconds), .uuid(mail.id),
        .int(MailKind.perLifetimeMax), .bytes(token.hash), .timestamp(now),
        .timestamp(now + MailKind.tokenLifetimeMilliseconds),
      ])
    return rows.first.map { ($0.string("email"), $0.string("username")) }
  }

  /// It was sent, or is not to be.
  func remove(_ mail: Due) async throws {
    try await pool.write("DELETE FROM mails WHERE id = $1", [.uuid(mail.id)])
  }
}
