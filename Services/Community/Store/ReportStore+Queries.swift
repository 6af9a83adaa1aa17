import Contracts
import Postgres
import Wire

extension ReportStore {
  /// Reports behind the cursor, the oldest first.
  func page(
    _ status: ReportStatus, after cursor: PageCursor?, limit: Int
  ) async throws -> [ReportView] {
    try await database.read(
      """
      SELECT r.id, r.post_id, r.comment_id, r.reporter_id, r.reason, r.status, r.created_at,
        r.decided_at, r.decided_by, coalesce(p.user_id, c.user_id) AS author_id, u.username,
        p.title, left(coalesce(p.content, c.content), 1000) AS content,
        coalesce(p.is_hidden, c.is_hidden) AS is_hidden,
        CASE WHEN r.post_id IS NOT NULL
          THEN (SELECT count(*) FROM reports o WHERE o.post_id = r.post_id AND o.status = 1)
          ELSE (SELECT count(*) FROM reports o WHERE o.comment_id = r.comment_id AND o.status = 1)
          END AS open_reports
      FROM reports r LEFT JOIN posts p ON p.id = r.post_id
        LEFT JOIN comments c ON c.id = r.comment_id
        LEFT JOIN known_users u ON u.user_id = coalesce(p.user_id, c.user_id)
      WHERE r.status = $1 AND (r.created_at, r.id) > (
        COALESCE($2::timestamptz, '-infinity'),
        COALESCE($3::uuid, '00000000-0000-0000-0000-000000000000'))
      ORDER BY r.created_at, r.id LIMIT $4::int4
      """,
      [
        .int32(status.rawValue), .timestamp(cursor?.key), .uuid(cursor?.id), .int32(Int32(limit)),
      ]
    ).map(Self.view)
  }

  func report(_ id: String) async throws -> ReportView? {
    try await database.read(
      """
      SELECT r.id, r.post_id, r.comment_id, r.reporter_id, r.reason, r.status, r.created_at,
        r.decided_at, r.decided_by, coalesce(p.user_id, c.user_id) AS author_id, u.username,
        p.title, left(coalesce(p.content, c.content), 1000) AS content,
        coalesce(p.is_hidden, c.is_hidden) AS is_hidden,
        CASE WHEN r.post_id IS NOT NULL
          THEN (SELECT count(*) FROM reports o WHERE o.post_id = r.post_id AND o.status = 1)
          ELSE (SELECT count(*) FROM reports o WHERE o.comment_id = r.comment_id AND o.status = 1)
          END AS open_reports
      FROM reports r LEFT JOIN posts p ON p.id = r.post_id
        LEFT JOIN comments c ON c.id = r.comment_id
        LEFT JOIN known_users u ON u.user_id = coalesce(p.user_id, c.user_id)
      WHERE r.id = $1
      """, [.uuid(id)]
    ).first.map(Self.view)
  }

  private static func view(_ row: Row) -> ReportView {
    ReportView(
      id: row.uuid("id"), postID: row.optionalUUID("post_id"),
      commentID: row.optionalUUID("comment_id"), reporterID: row.uuid("reporter_id"),
      reason: row.string("reason"), status: ReportStatus(number: row.int32("status")),
      createdAt: row.milliseconds("created_at"), decidedAt: row.optionalMilliseconds("decided_at"),
      decidedBy: row.optionalUUID("decided_by"), authorID: row.optionalUUID("author_id") ?? "",
      authorUsername: row.optionalString("username") ?? "", title: row.optionalString("title"),
      content: row.optionalString("content") ?? "",
      isHidden: row.optionalBool("is_hidden") ?? false,
      openReports: UInt32(row.int("open_reports")))
  }
}
