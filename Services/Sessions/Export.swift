import Contracts
import Postgres
import ServiceKit
import Wire

extension FocusSessions {
  /// The user's sessions, time entries, projects and memberships, and what rooms keep.
  public func exportUser(
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply {
    try await export.page(request, context)
  }

  public static func export(_ database: PostgresPool) -> UserExport {
    UserExport(
      database,
      [
        .init("session", completedSessions), .init("active_session", activeSession),
        .init("time_entry", timeEntries), .init("project", ownProjects),
        .init("project_membership", memberships),
      ] + RoomExport.kinds)
  }

  private static let completedSessions = Query(
    """
    SELECT end_time::text || '/' || id AS key, json_build_object(
      'id', id, 'session_type', (ARRAY['work', 'break'])[kind],
      'source', (ARRAY['timer', 'manual', 'import'])[source], 'start_time', start_time,
      'end_time', end_time, 'duration_seconds', active_milliseconds(segments) / 1000,
      'project_id', project_id, 'room_id', room_id, 'note', note, 'timezone', timezone,
      'local_date', local_date, 'created_at', created_at)::text AS data
    FROM sessions WHERE user_id = $1 AND status = 3 AND (end_time, id) < (
      COALESCE(split_part($2::text, '/', 1)::timestamptz, 'infinity'),
      COALESCE(split_part($2::text, '/', 2)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY end_time DESC, id DESC LIMIT $3::int
    """)

  private static let activeSession = Query(
    """
    SELECT 'one' AS key, json_build_object(
      'id', id, 'session_type', (ARRAY['work', 'break'])[kind], 'start_time', start_time,
      'project_id', project_id, 'room_id', room_id, 'note', note, 'timezone', timezone,
      'created_at', created_at)::text AS data
    FROM sessions WHERE user_id = $1 AND status <> 3 AND $2::text IS NULL LIMIT $3::int
    """)

  private static let timeEntries = Query(
    """
    SELECT start_time::text || '/' || id AS key, json_build_object(
      'id', id, 'source', (ARRAY['timer', 'manual', 'import'])[source], 'start_time', start_time,
      'end_time', end_time, 'project_id', project_id, 'description', description,
      'timezone', timezone, 'created_at', created_at)::text AS data
    FROM time_entries WHERE user_id = $1 AND (start_time, id) < (
      COALESCE(split_part($2::text, '/', 1)::timestamptz, 'infinity'),
      COALESCE(split_part($2::text, '/', 2)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY start_time DESC, id DESC LIMIT $3::int
    """)

  private static let ownProjects = Query(
    """
    SELECT id::text AS key, json_build_object(
      'id', id, 'name', name, 'description', description,
      'visibility', (ARRAY['public', 'private'])[visibility], 'created_at', created_at,
      'updated_at', updated_at)::text AS data
    FROM projects
    WHERE owner_id = $1
      AND id > COALESCE($2::text::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY id LIMIT $3::int
    """)

  private static let memberships = Query(
    """
    SELECT project_id::text AS key, json_build_object(
      'project_id', project_id, 'name', name, 'role', (ARRAY['owner', 'contributor', 'viewer'])[role],
      'created_at', project_members.created_at)::text AS data
    FROM project_members JOIN projects ON projects.id = project_id
    WHERE user_id = $1 AND role <> 1
      AND project_id > COALESCE($2::text::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY project_id LIMIT $3::int
    """)
}
