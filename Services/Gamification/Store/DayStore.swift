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

  /// Counts a session's state; false where this or a newer one is counted already.
  func apply(_ session: SessionChanged) async throws -> Bool { try await counter.apply(session) }

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
        WHERE days.user_id = summaries.user_id AND days.work_sessions > 0
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
