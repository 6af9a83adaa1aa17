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

  /// A completed session that somebody is to be told of.
  struct Story {
    let session: SessionChanged
    /// The `CompletedSession` as JSON.
    let data: String
    /// The event for who follows the user; nil where nobody does.
    let live: LiveEvent?
  }

  /// Tells of completed sessions, of each once, all in one transaction; returns those that were not
  /// told before.
  func tell(_ stories: [Story]) async throws -> Set<String> {
    // Rows are locked in this order, so that two who tell never wait for each other.
    let stories = stories.sorted {
      ($0.session.userID, $0.session.sessionID) < ($1.session.userID, $1.session.sessionID)
    }
    let sessions = stories.map(\.session)
    let rows = try await database.write(
      Self.tellSessions,
      [
        .uuids(sessions.map(\.sessionID)), .uuids(sessions.map(\.userID)),
        .timestamps(sessions.map(\.endMs)), .strings(stories.map(\.data)),
        .byteStrings(try stories.map { try $0.live?.bytes() ?? [] }),
      ], durability: .asynchronous)
    return Set(rows.filter { $0.bool("is_told") }.map { $0.uuid("id") })
  }

  private static let tellSessions = Query(
    """
    SELECT id, tell_session(id, user_id, ended_at, data, nullif(payload, ''::bytea)) AS is_told
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::bytea[])
      AS session (id, user_id, ended_at, data, payload)
    """)

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
