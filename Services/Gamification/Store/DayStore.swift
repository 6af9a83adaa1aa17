import Contracts
import Postgres
import TimeZones

/// The days of users in the database, and the sessions that they add up.
public struct DayStore {
  private let database: PostgresPool
  private let counter: SessionCounter

  public init(_ database: PostgresPool) {
    self.database = database
    counter = SessionCounter(database)
  }

  /// What metrics are made of, of one moment.
  struct Snapshot {
    /// The summary's.
    var version: Int64
    /// The days of the range on which anything was done.
    var days: [DayTotals]
    /// All days on which a work session ended, ascending.
    var active: [CivilDate]
    var excused: Set<CivilDate>
  }

  /// Counts a session's state.
  func apply(_ session: SessionChanged) async throws -> Counted { try await counter.apply(session) }

  /// All days on which a work session ended, with the days of a range.
  func snapshot(
    of userID: String, from first: CivilDate, through last: CivilDate
  ) async throws -> Snapshot? {
    let rows = try await database.read(
      """
      SELECT version, excused, active.dates AS active, date, day_seconds, days.work_seconds,
        break_seconds, days.work_sessions, break_sessions, work_by_hour
      FROM summaries
      CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(date - date '1970-01-01' ORDER BY date), '{}') AS dates FROM days
        WHERE days.user_id = summaries.user_id AND days.is_active
      ) AS active
      LEFT JOIN days ON days.user_id = summaries.user_id AND date BETWEEN $2 AND $3
      WHERE summaries.user_id = $1
      """,
      [.uuid(userID), .day(first.daysSinceEpoch), .day(last.daysSinceEpoch)])
    guard let row = rows.first else { return nil }
    return Snapshot(
      version: row.int64("version"), days: rows.compactMap(DayTotals.init),
      active: row.ints("active").map(CivilDate.init(daysSinceEpoch:)),
      excused: Set(row.ints("excused").map(CivilDate.init(daysSinceEpoch:))))
  }

  /// The days of a range on which anything was done.
  func days(
    of userID: String, from first: CivilDate, through last: CivilDate
  ) async throws -> [DayTotals] {
    try await database.read(
      """
      SELECT date, day_seconds, work_seconds, break_seconds, work_sessions, break_sessions,
        work_by_hour
      FROM days WHERE user_id = $1 AND date BETWEEN $2 AND $3
      """,
      [.uuid(userID), .day(first.daysSinceEpoch), .day(last.daysSinceEpoch)]
    ).compactMap(DayTotals.init)
  }

  /// Seconds of work of a range of days.
  struct ProjectSum {
    /// nil for what was done on no project.
    var projectID: String?
    /// nil too for private projects of others.
    var name: String?
    var seconds: Int
  }

  /// Work by project, the most first.
  func projects(
    of userID: String, from first: CivilDate, through last: CivilDate, limit: Int
  ) async throws -> [ProjectSum] {
    try await database.read(
      """
      SELECT project_id, shown.name, seconds FROM (
        SELECT project_id, sum(share.seconds)::bigint AS seconds
        FROM counted_sessions, unnest(dates, seconds) AS share (date, seconds)
        WHERE user_id = $1 AND kind = 1 AND end_ms > 0 AND end_ms >= $2
          AND share.date BETWEEN $3 AND $4
        GROUP BY project_id
      ) AS total
      LEFT JOIN projects USING (project_id)
      CROSS JOIN LATERAL (
        SELECT CASE WHEN NOT gone AND (is_public OR owner_id = $1) THEN projects.name END
      ) AS shown (name)
      ORDER BY seconds DESC, project_id LIMIT $5::int4
      """,
      [
        .uuid(userID),
        // No local day begins earlier than this, in any zone, at whatever hour days start.
        .int64(Int64(first.daysSinceEpoch - 1) * 86_400_000),
        .int32(Int32(first.daysSinceEpoch)), .int32(Int32(last.daysSinceEpoch)),
        .int32(Int32(limit)),
      ]
    ).map {
      ProjectSum(
        projectID: $0.optionalUUID("project_id"), name: $0.optionalString("name"),
        seconds: $0.int("seconds"))
    }
  }
}

extension DayTotals {
  /// nil for a row that has no day.
  init?(_ row: Row) {
    guard let day = row.optionalDay("date") else { return nil }
    self.init(
      date: CivilDate(daysSinceEpoch: day), daySeconds: row.int("day_seconds"),
      workSum: row.int("work_seconds"), breakSum: row.int("break_seconds"),
      workSessions: row.int("work_sessions"), breakSessions: row.int("break_sessions"),
      workByHourSum: row.ints("work_by_hour"))
  }
}
