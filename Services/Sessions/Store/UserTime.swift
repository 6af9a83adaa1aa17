import Postgres

/// A user's time as a whole: sessions and entries, which must not overlap where the user says so.
///
/// They take part in each other's checks, since both are booked on the same projects: no minute is
/// counted twice.
enum UserTime {
  /// Makes the changes of one user come one after the other until the transaction's end.
  static func lock(_ userID: String, _ transaction: Transaction) async throws {
    _ = try await transaction.run(
      "SELECT version FROM user_settings WHERE user_id = $1 FOR UPDATE", [.uuid(userID)])
  }

  /// What a stretch of time belongs to.
  enum Kind: Hashable, Sendable {
    case session
    case entry
  }

  /// Whether a stretch of time meets another one of the user.
  ///
  /// Half-open: one that begins when another ends does not overlap it. What runs has no end. Of two
  /// that run a unique index decides, so here they do not meet.
  static func overlaps(
    _ kind: Kind, _ id: String, of userID: String, from start: Int64, to end: Int64?,
    _ transaction: Transaction
  ) async throws -> Bool {
    let rows = try await transaction.run(
      overlapping,
      [
        .uuid(userID), .uuid(id), .timestamp(start), .timestamp(end),
        .bool(kind == .session && end == nil), .bool(kind == .entry && end == nil),
      ])
    return !rows.isEmpty
  }

  /// An entry holds 24 hours at the most: what began earlier has ended.
  private static let overlapping = Query(
    """
    SELECT id FROM sessions
    WHERE user_id = $1 AND id <> $2 AND start_time < COALESCE($4::timestamptz, 'infinity')
      AND ((status = 3 AND end_time > $3) OR (status <> 3 AND NOT $5::bool))
    UNION ALL
    SELECT id FROM time_entries
    WHERE user_id = $1 AND id <> $2 AND start_time < COALESCE($4::timestamptz, 'infinity')
      AND start_time > $3::timestamptz - interval '24 hours' AND end_time > $3
    UNION ALL
    SELECT id FROM time_entries
    WHERE user_id = $1 AND id <> $2 AND start_time < COALESCE($4::timestamptz, 'infinity')
      AND end_time IS NULL AND NOT $6::bool
    LIMIT 1
    """)
}
