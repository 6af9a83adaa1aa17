import Contracts
import Postgres

/// What is written so that users' feeds and webhooks are told.
struct FeedStore {
  let database: PostgresPool

  /// Which of some users have a webhook that wants completed sessions.
  func listeners(among userIDs: [String]) async throws(PostgresError) -> Set<String> {
    let rows = try await database.read(
      Self.findListeners, [.uuids(userIDs), .int32(WebhookEvent.sessionCompleted.rawValue)])
    return Set(rows.map { $0.uuid("user_id") })
  }

  private static let findListeners = Query(
    """
    SELECT DISTINCT user_id FROM webhooks
    WHERE user_id = ANY($1::uuid[]) AND events >> $2::int4 & 1 = 1
    """)

  /// Tells of a completed session, once; false where it was told before.
  ///
  /// - Parameters:
  ///   - data: the `CompletedSession` as JSON.
  ///   - live: the event for who follows the user; nil where nobody does.
  func tell(
    _ session: SessionChanged, data: String, live: LiveEvent?
  ) async throws -> Bool {
    let payload: [UInt8]? = try live?.bytes()
    return try await database.write(
      "SELECT tell_session($1::uuid, $2::uuid, $3::timestamptz, $4::text, $5::bytea) AS told",
      [
        .uuid(session.sessionID), .uuid(session.userID), .timestamp(session.endMs),
        .string(data), payload.map { .bytes($0) } ?? .null,
      ], durability: .asynchronous
    ).first?.bool("told") ?? false
  }

  /// Forgets which sessions were told before an instant, some at a time; false when none is left.
  func forgetTold(before instant: Int64, rowsMax: Int) async throws -> Bool {
    try await database.write(
      """
      DELETE FROM told_sessions WHERE session_id IN (
        SELECT session_id FROM told_sessions WHERE told_at < $1 ORDER BY told_at
        LIMIT $2::integer FOR UPDATE SKIP LOCKED)
      """, [.timestamp(instant), .int32(Int32(rowsMax))], durability: .asynchronous
    ).affectedRows == rowsMax
  }
}
