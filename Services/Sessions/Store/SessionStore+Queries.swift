import Postgres
import TimeZones

extension SessionStore {
  static let find = Query(
    """
    SELECT id, user_id, room_id, project_id, kind, source, start_time, end_time, running_since,
      segments, note, timezone, day_start_hour, version, created_at
    FROM sessions WHERE id = $1 AND user_id = $2
    """)

  static let findActive = Query(
    """
    SELECT id, user_id, room_id, project_id, kind, source, start_time, end_time, running_since,
      segments, note, timezone, day_start_hour, version, created_at
    FROM sessions WHERE user_id = $1 AND status <> 3
    """)

  static let findPage = Query(
    """
    SELECT id, user_id, room_id, project_id, kind, source, start_time, end_time, running_since,
      segments, note, timezone, day_start_hour, version, created_at
    FROM sessions
    WHERE user_id = $1 AND status = 3
      AND end_time >= COALESCE($2::timestamptz, '-infinity')
      AND end_time < COALESCE($3::timestamptz, 'infinity')
      AND ($4::int4 IS NULL OR kind = $4::int4)
      AND ($5::uuid IS NULL OR project_id = $5::uuid)
      AND (end_time, id) < (
        COALESCE($6::timestamptz, 'infinity'),
        COALESCE($7::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY end_time DESC, id DESC LIMIT $8::int4
    """)

  static let change = Query(
    """
    UPDATE sessions SET
      status = $4, start_time = $5, end_time = $6, running_since = $7, segments = $8, note = $9,
      project_id = $10, local_date = $11, version = $3 + 1
    WHERE id = $1 AND user_id = $2 AND version = $3
    """)

  static let changeAndTell = Query(
    """
    WITH changed AS (
      UPDATE sessions SET
        status = $4, start_time = $5, end_time = $6, running_since = $7, segments = $8, note = $9,
        project_id = $10, local_date = $11, version = $3 + 1
      WHERE id = $1 AND user_id = $2 AND version = $3 RETURNING id
    )
    INSERT INTO outbox (id, topic, payload) SELECT $12, $13, $14 FROM changed
    """)

  /// The parameters of an insertion: 17.
  static func values(of session: FocusSession, on date: CivilDate) -> [PostgresValue] {
    let clock = session.clock
    return [
      .uuid(session.id), .uuid(session.userID), .uuid(session.roomID), .uuid(session.projectID),
      .int32(session.kind.rawValue), .int32(session.source.rawValue),
      .int32(clock.status.rawValue), .timestamp(clock.start), .timestamp(clock.end),
      .timestamp(clock.runningSince), clock.bounds, .string(session.note),
      .string(session.calendar.zone), .int32(Int32(session.calendar.dayStartHour)),
      .day(date.daysSinceEpoch), .int64(session.version), .timestamp(session.createdAt),
    ]
  }

  /// The parameters of a change: 11. The row still has the version before.
  static func changes(of session: FocusSession, on date: CivilDate) -> [PostgresValue] {
    let clock = session.clock
    return [
      .uuid(session.id), .uuid(session.userID), .int64(session.version - 1),
      .int32(clock.status.rawValue), .timestamp(clock.start), .timestamp(clock.end),
      .timestamp(clock.runningSince), clock.bounds, .string(session.note),
      .uuid(session.projectID), .day(date.daysSinceEpoch),
    ]
  }
}
