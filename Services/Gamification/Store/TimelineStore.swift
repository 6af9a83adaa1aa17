import Postgres
import Wire

/// What users did, in order, from the rows that keep it.
public struct TimelineStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// The newest first, strictly below the cursor. Of others than the reader's own, only what is
  /// public: badges, posts, public projects.
  func page(
    of userID: String, isOwn: Bool, after cursor: PageCursor?, limit: Int
  ) async throws -> [TimelineEvent] {
    try await database.read(
      isOwn ? Self.own : Self.others,
      [
        .uuid(userID), .int64(cursor?.key ?? .max),
        .uuid(cursor?.id ?? "ffffffff-ffff-ffff-ffff-ffffffffffff"), .int32(Int32(limit)),
      ]
    ).compactMap(TimelineEvent.init)
  }

  private static let others = Query(
    """
    SELECT * FROM (
      (SELECT 3 AS kind, award_id(user_id, badge_id) AS id, badge_id AS subject, awarded_ms AS at,
        name, 0::bigint AS seconds
      FROM awards JOIN badges USING (badge_id)
      WHERE user_id = $1 AND (awarded_ms, badge_id) < ($2, $3)
      ORDER BY awarded_ms DESC, badge_id DESC LIMIT $4::int4)
      UNION ALL
      (SELECT 6, post_id, post_id, created_ms, title, 0 FROM posts
      WHERE user_id = $1 AND NOT gone AND (created_ms, post_id) < ($2, $3)
      ORDER BY created_ms DESC, post_id DESC LIMIT $4::int4)
      UNION ALL
      (SELECT 4, project_id, project_id, created_ms, name, 0 FROM projects
      WHERE owner_id = $1 AND NOT gone AND is_public AND (created_ms, project_id) < ($2, $3)
      ORDER BY created_ms DESC, project_id DESC LIMIT $4::int4)
    ) AS event ORDER BY at DESC, subject DESC LIMIT $4::int4
    """)

  /// The name of a project is told to its owner, and where it is public.
  private static let own = Query(
    """
    SELECT * FROM (
      (SELECT 3 AS kind, award_id(user_id, badge_id) AS id, badge_id AS subject, awarded_ms AS at,
        name, 0::bigint AS seconds
      FROM awards JOIN badges USING (badge_id)
      WHERE user_id = $1 AND (awarded_ms, badge_id) < ($2, $3)
      ORDER BY awarded_ms DESC, badge_id DESC LIMIT $4::int4)
      UNION ALL
      (SELECT 6, post_id, post_id, created_ms, title, 0 FROM posts
      WHERE user_id = $1 AND NOT gone AND (created_ms, post_id) < ($2, $3)
      ORDER BY created_ms DESC, post_id DESC LIMIT $4::int4)
      UNION ALL
      (SELECT 4, project_id, project_id, created_ms, name, 0 FROM projects
      WHERE owner_id = $1 AND NOT gone AND (created_ms, project_id) < ($2, $3)
      ORDER BY created_ms DESC, project_id DESC LIMIT $4::int4)
      UNION ALL
      (SELECT kind, session_id, session_id, end_ms, NULL, sum_of(seconds) FROM counted_sessions
      WHERE user_id = $1 AND end_ms > 0 AND (end_ms, session_id) < ($2, $3)
      ORDER BY end_ms DESC, session_id DESC LIMIT $4::int4)
      UNION ALL
      (SELECT 5, entry_id, entry_id, end_ms,
        (SELECT name FROM projects
        WHERE projects.project_id = entries.project_id AND NOT gone
          AND (is_public OR owner_id = $1)),
        end_ms / 1000 - start_ms / 1000
      FROM entries
      WHERE user_id = $1 AND end_ms > 0 AND (end_ms, entry_id) < ($2, $3)
      ORDER BY end_ms DESC, entry_id DESC LIMIT $4::int4)
    ) AS event ORDER BY at DESC, subject DESC LIMIT $4::int4
    """)
}

extension TimelineEvent {
  /// nil for a kind that it does not know.
  init?(_ row: Row) {
    guard let kind = Kind(rawValue: row.int32("kind")) else { return nil }
    self.init(
      id: row.uuid("id"), kind: kind, subjectID: row.uuid("subject"), at: row.int64("at"),
      name: row.optionalString("name"), seconds: row.int("seconds"))
  }
}
