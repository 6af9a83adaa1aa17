import Postgres
import Wire

/// The rows of `kept_answers`. One statement decides who runs a request.
struct KeptAnswerStore {
  /// A key that somebody else holds.
  struct Entry {
    var fingerprint: [UInt8]
    var answer: [UInt8]?
    var leasedUntil: Int64
  }

  /// What a reservation writes.
  struct Claim {
    var id: [UInt8]
    var fingerprint: [UInt8]
    var reservation: String
    var leasedUntil: Int64
    var expiresAt: Int64
    var isRepeatable: Bool
  }

  private let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  /// True where the key is the claim's from now on: it was free, has expired, was claimed by the same
  /// reservation, or its request was lost and may run again.
  func reserve(_ claim: Claim, now: Int64, _ context: CallContext) async throws -> Bool {
    let rows = try await database.write(
      """
      INSERT INTO kept_answers AS kept (id, fingerprint, reservation, leased_until, expires_at)
      VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint,
        reservation = excluded.reservation, leased_until = excluded.leased_until,
        expires_at = excluded.expires_at, answer = NULL
      WHERE kept.expires_at <= $6
        OR (kept.answer IS NULL AND kept.reservation = excluded.reservation)
        OR ($7 AND kept.answer IS NULL AND kept.leased_until <= $6
          AND kept.fingerprint = excluded.fingerprint)
      """,
      [
        .bytes(claim.id), .bytes(claim.fingerprint), .uuid(claim.reservation),
        .timestamp(claim.leasedUntil), .timestamp(claim.expiresAt), .timestamp(now),
        .bool(claim.isRepeatable),
      ], context)
    return rows.affectedRows == 1
  }

  func entry(_ id: [UInt8], _ context: CallContext) async throws -> Entry? {
    let rows = try await database.read(
      "SELECT fingerprint, answer, leased_until FROM kept_answers WHERE id = $1",
      [.bytes(id)], context)
    return rows.first.map {
      Entry(
        fingerprint: $0.bytes("fingerprint"), answer: $0.optionalBytes("answer"),
        leasedUntil: $0.milliseconds("leased_until"))
    }
  }

  func keep(
    _ answer: [UInt8], id: [UInt8], reservation: String, _ context: CallContext
  ) async throws -> Bool {
    let rows = try await database.write(
      "UPDATE kept_answers SET answer = $3 WHERE id = $1 AND reservation = $2",
      [.bytes(id), .uuid(reservation), .bytes(answer)], context)
    return rows.affectedRows == 1
  }

  /// The request did nothing, so that the key is free again.
  func free(
    id: [UInt8], reservation: String, _ context: CallContext
  ) async throws -> Bool {
    let rows = try await database.write(
      "DELETE FROM kept_answers WHERE id = $1 AND reservation = $2 AND answer IS NULL",
      [.bytes(id), .uuid(reservation)], context)
    return rows.affectedRows == 1
  }

  /// Nobody waits any longer for a request of which nobody knows what it did.
  func endLease(
    id: [UInt8], reservation: String, now: Int64, _ context: CallContext
  ) async throws -> Bool {
    let rows = try await database.write(
      """
      UPDATE kept_answers SET leased_until = $3
      WHERE id = $1 AND reservation = $2 AND answer IS NULL
      """,
      [.bytes(id), .uuid(reservation), .timestamp(now)], context)
    return rows.affectedRows == 1
  }
}
