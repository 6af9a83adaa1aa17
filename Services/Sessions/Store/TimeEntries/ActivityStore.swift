import Postgres
import Wire

/// What a user's sessions and entries were spent on, in the database.
public struct ActivityStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// A stretch of time that was spent: a completed work session or an ended entry.
  struct Spent {
    var id: String
    var projectID: String?
    var clock: SessionClock
    var calendar: FocusSession.Calendar
  }

  /// Something that was done.
  struct Deed {
    enum Kind: Int32 {
      case session = 1
      case entry = 2
      case project = 3
    }

    var kind: Kind
    var id: String
    /// Milliseconds since the epoch.
    var time: Int64
    /// How long it took, where it took time.
    var milliseconds: Int64
    /// Of a session: that it was a break.
    var isBreak: Bool
    /// Of a project.
    var name: String?
  }

  private static let spentMax = 1000
  private static let deedsMax: Int32 = 20

  /// Calls `body` with all that ended after an instant, some at a time.
  func spent(
    by userID: String, after instant: Int64, _ body: ([Spent]) -> Void
  ) async throws {
    for query in [Self.sessions, Self.entries] {
      var cursor: PageCursor?
      while true {
        let rows = try await database.read(
          query,
          [
            .uuid(userID), .timestamp(instant), .timestamp(cursor?.key), .uuid(cursor?.id),
            .int32(Int32(Self.spentMax)),
          ]
        ).map(Spent.init)
        body(rows)
        guard rows.count == Self.spentMax, let last = rows.last else { break }
        cursor = PageCursor(key: last.clock.end ?? 0, id: last.id)
      }
    }
  }

  /// What a user did last, the newest first.
  func deeds(of userID: String) async throws -> [Deed] {
    try await database.read(Self.lastDeeds, [.uuid(userID), .int32(Self.deedsMax)]).map(Deed.init)
  }

  private static let sessions = Query(
    """
    SELECT id, project_id, segments, end_time, timezone, day_start_hour FROM sessions
    WHERE user_id = $1 AND status = 3 AND kind = 1 AND end_time > $2
      AND (end_time, id) < (
        COALESCE($3::timestamptz, 'infinity'),
        COALESCE($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY end_time DESC, id DESC LIMIT $5::int4
    """)

  private static let entries = Query(
    """
    SELECT id, project_id, ARRAY[
        (extract(epoch FROM start_time) * 1000)::bigint,
        (extract(epoch FROM end_time) * 1000)::bigint] AS segments,
      end_time, timezone, day_start_hour
    FROM time_entries
    WHERE user_id = $1 AND end_time > $2
      AND (end_time, id) < (
        COALESCE($3::timestamptz, 'infinity'),
        COALESCE($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY end_time DESC, id DESC LIMIT $5::int4
    """)

  private static let lastDeeds = Query(
    """
    SELECT kind, id, happened, milliseconds, is_break, name FROM (
      (SELECT 1 AS kind, id, end_time AS happened, active_milliseconds(segments) AS milliseconds,
        kind = 2 AS is_break, NULL::text AS name
      FROM sessions WHERE user_id = $1 AND status = 3
      ORDER BY end_time DESC, id DESC LIMIT $2::int4)
      UNION ALL
      (SELECT 2, id, end_time, (extract(epoch FROM end_time - start_time) * 1000)::bigint, false,
        NULL
      FROM time_entries WHERE user_id = $1 AND end_time IS NOT NULL
      ORDER BY end_time DESC, id DESC LIMIT $2::int4)
      UNION ALL
      (SELECT 3, id, created_at, 0, false, name FROM projects WHERE owner_id = $1
      ORDER BY created_at DESC LIMIT $2::int4)
    ) AS deeds
    ORDER BY happened DESC, id DESC LIMIT $2::int4
    """)
}

extension ActivityStore.Spent {
  init(_ row: Row) {
    let bounds = row.ints("segments").map { Int64($0) }
    let segments = stride(from: 0, to: bounds.count, by: 2).map {
      Interval(start: bounds[$0], end: bounds[$0 + 1])
    }
    let end = row.milliseconds("end_time")
    self.init(
      id: row.uuid("id"), projectID: row.optionalUUID("project_id"),
      clock: SessionClock(
        start: segments.first?.start ?? end, segments: segments, runningSince: nil, end: end),
      calendar: .init(zone: row.string("timezone"), dayStartHour: row.int("day_start_hour")))
  }
}

extension ActivityStore.Deed {
  init(_ row: Row) {
    self.init(
      kind: Kind(rawValue: row.int32("kind")) ?? .session, id: row.uuid("id"),
      time: row.milliseconds("happened"), milliseconds: row.int64("milliseconds"),
      isBreak: row.bool("is_break"), name: row.optionalString("name"))
  }
}
