import Contracts
import Postgres
import Wire

/// The list of signed-out devices that the gateway reads, over and over.
struct RevocationStore {
  /// A page of the list.
  struct Page {
    /// With a role, the tokens that carry it still count.
    var items: [(sessionID: String, expiresAt: Int64, role: UserRole?)]
    var position: RevocationPosition
    var hasMore: Bool { position.last != nil }
  }

  let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  func page(
    at position: RevocationPosition, now: Int64, _ context: CallContext
  ) async throws -> Page {
    let bound = position.bound
    // A floor above the horizon is of a database that was replaced: then from the horizon.
    let rows = try await database.read(
      """
      SELECT horizon, device_id, transaction, expires_at, role
      FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon) AS snapshot
      LEFT JOIN LATERAL (
        SELECT device_id, transaction, expires_at, role FROM revocations
        WHERE (transaction, device_id)
            > (CASE WHEN $3 THEN least($1, horizon) ELSE $1 END, $2)
          AND expires_at > $4
        ORDER BY transaction, device_id LIMIT $5
      ) AS found ON true
      ORDER BY transaction, device_id
      """,
      [
        .int64(bound.transaction), .uuid(bound.sessionID), .bool(position.last == nil),
        .timestamp(now), .int(RevocationPosition.pageMax + 1),
      ], context)
    guard let first = rows.first else { return Page(items: [], position: position) }
    let found = first.isNull("device_id") ? rows.prefix(0) : rows.prefix(RevocationPosition.pageMax)
    let last = rows.count > found.count ? found.last : nil
    return Page(
      items: found.map {
        (
          $0.uuid("device_id"), $0.milliseconds("expires_at"),
          $0.optionalString("role").flatMap(UserRole.init(name:))
        )
      },
      position: position.next(
        horizon: first.int64("horizon"),
        lastRow: last.map {
          .init(transaction: $0.int64("transaction"), sessionID: $0.uuid("device_id"))
        }))
  }
}
