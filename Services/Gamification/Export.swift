import Contracts
import Postgres
import ServiceKit
import Wire

extension Progress {
  /// Days and badges; what they are made of, its own services export.
  public func exportUser(
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply {
    try await requireAccount(request.userID.lowercased(), context)
    return try await export.page(request, context)
  }

  static func export(_ database: PostgresPool) -> UserExport {
    UserExport(
      database,
      [
        .init(
          "day",
          """
          SELECT date::text AS key, json_build_object(
            'date', date, 'work_seconds', least(work_seconds, day_seconds),
            'work_sessions', work_sessions, 'break_sessions', break_sessions)::text AS data
          FROM days WHERE user_id = $1 AND ($2::date IS NULL OR date > $2::date)
          ORDER BY date LIMIT $3::int
          """),
        .init(
          "badge",
          """
          SELECT badge_id::text AS key, json_build_object(
            'badge_id', badge_id, 'name', name, 'points', points,
            'awarded_at', to_timestamp(awarded_ms / 1000.0))::text AS data
          FROM awards JOIN badges USING (badge_id)
          WHERE user_id = $1 AND ($2::uuid IS NULL OR badge_id > $2::uuid)
          ORDER BY badge_id LIMIT $3::int
          """),
      ])
  }
}
