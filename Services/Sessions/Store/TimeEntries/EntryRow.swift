import Postgres

extension BookedTime {
  /// Reads a row with all columns of `time_entries`.
  init(_ row: Row) {
    self.init(
      id: row.uuid("id"), userID: row.uuid("user_id"), projectID: row.optionalUUID("project_id"),
      description: row.optionalString("description"), start: row.milliseconds("start_time"),
      end: row.optionalMilliseconds("end_time"),
      source: .init(rawValue: row.int32("source")) ?? .manual,
      calendar: .init(zone: row.string("timezone"), dayStartHour: row.int("day_start_hour")),
      createdAt: row.milliseconds("created_at"), version: row.int64("version"))
  }
}

extension EntryStore {
  static let find = Query(
    """
    SELECT id, user_id, project_id, description, start_time, end_time, source, timezone,
      day_start_hour, version, created_at
    FROM time_entries WHERE id = $1 AND user_id = $2
    """)

  static let findRunning = Query(
    """
    SELECT id, user_id, project_id, description, start_time, end_time, source, timezone,
      day_start_hour, version, created_at
    FROM time_entries WHERE user_id = $1 AND end_time IS NULL
    """)

  static let findPage = Query(
    """
    SELECT id, user_id, project_id, description, start_time, end_time, source, timezone,
      day_start_hour, version, created_at
    FROM time_entries
    WHERE user_id = $1
      AND start_time >= COALESCE($2::timestamptz, '-infinity')
      AND start_time < COALESCE($3::timestamptz, 'infinity')
      AND ($4::uuid IS NULL OR project_id = $4::uuid)
      AND (start_time, id) < (
        COALESCE($5::timestamptz, 'infinity'),
        COALESCE($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY start_time DESC, id DESC LIMIT $7::int4
    """)

  static let add = Query(
    """
    INSERT INTO time_entries (
      id, user_id, project_id, description, start_time, end_time, source, timezone,
      day_start_hour, version, created_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM user_settings
    WHERE user_id = $2 AND version = $12 AND NOT deleted FOR SHARE
    """)

  static let addAndTell = Query(
    """
    WITH known AS (
      SELECT user_id FROM user_settings
      WHERE user_id = $2 AND version = $12 AND NOT deleted FOR SHARE
    ), added AS (
      INSERT INTO time_entries (
        id, user_id, project_id, description, start_time, end_time, source, timezone,
        day_start_hour, version, created_at)
      SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM known
    )
    INSERT INTO outbox (id, topic, payload) SELECT $13::uuid, $14::text, $15::bytea FROM known
    """)

  static let change = Query(
    """
    UPDATE time_entries
    SET project_id = $4, description = $5, start_time = $6, end_time = $7, version = $3 + 1
    WHERE id = $1 AND user_id = $2 AND version = $3
    """)

  static let changeAndTell = Query(
    """
    WITH changed AS (
      UPDATE time_entries
      SET project_id = $4, description = $5, start_time = $6, end_time = $7, version = $3 + 1
      WHERE id = $1 AND user_id = $2 AND version = $3 RETURNING id
    )
    INSERT INTO outbox (id, topic, payload) SELECT $8::uuid, $9::text, $10::bytea FROM changed
    """)

  static let remove = Query(
    "DELETE FROM time_entries WHERE id = $1 AND user_id = $2 AND version = $3")

  static let removeAndTell = Query(
    """
    WITH gone AS (
      DELETE FROM time_entries WHERE id = $1 AND user_id = $2 AND version = $3 RETURNING id
    )
    INSERT INTO outbox (id, topic, payload) SELECT $4::uuid, $5::text, $6::bytea FROM gone
    """)

  /// The parameters of an insertion: 11.
  static func values(of entry: BookedTime) -> [PostgresValue] {
    [
      .uuid(entry.id), .uuid(entry.userID), .uuid(entry.projectID), .string(entry.description),
      .timestamp(entry.start), .timestamp(entry.end), .int32(entry.source.rawValue),
      .string(entry.calendar.zone), .int32(Int32(entry.calendar.dayStartHour)),
      .int64(entry.version), .timestamp(entry.createdAt),
    ]
  }

  /// The parameters of a change: 7. The row still has the version before.
  static func changes(of entry: BookedTime) -> [PostgresValue] {
    [
      .uuid(entry.id), .uuid(entry.userID), .int64(entry.version - 1), .uuid(entry.projectID),
      .string(entry.description), .timestamp(entry.start), .timestamp(entry.end),
    ]
  }
}
