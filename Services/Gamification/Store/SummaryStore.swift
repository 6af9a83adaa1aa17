import Contracts
import Postgres
import TimeZones

/// The users' summaries in the database.
public struct SummaryStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  func summary(of userID: String) async throws -> Summary? {
    let rows = try await database.read(
      """
      SELECT timezone, day_start_hour, week_start, settings_version, work_seconds, work_sessions,
        version, deleted, username IS NOT NULL AS is_named
      FROM summaries WHERE user_id = $1
      """, [.uuid(userID)])
    return rows.first.map { row in
      let zone = row.optionalString("timezone")
      let dayStartHour = row.int("day_start_hour")
      let weekStart = UserCalendar.WeekStartDay(rawValue: row.int32("week_start")) ?? .monday
      return Summary(
        calendar: zone.map {
          UserCalendar(zone: $0, dayStartHour: dayStartHour, weekStart: weekStart)
        },
        settingsVersion: row.int64("settings_version"), workSeconds: row.int("work_seconds"),
        workSessions: row.int("work_sessions"), version: row.int64("version"),
        isDeleted: row.bool("deleted"), isNamed: row.bool("is_named"))
    }
  }

  func excusedDays(of userID: String) async throws -> [CivilDate] {
    let rows = try await database.read(
      "SELECT excused FROM summaries WHERE user_id = $1", [.uuid(userID)])
    return rows.first.map { $0.ints("excused").map(CivilDate.init(daysSinceEpoch:)) } ?? []
  }

  /// Takes settings that are newer than the known ones; not where others are known by now.
  func save(
    _ user: UserChanged, _ calendar: UserCalendar, known: Int64, excused: [CivilDate]
  ) async throws -> Counted {
    Counted(
      try await database.write(
        """
        SELECT taken AS counted, told
        FROM take_settings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        [
          .uuid(user.userID), .int64(known), .int64(user.version), .string(calendar.zone),
          .int32(Int32(calendar.dayStartHour)), .int32(calendar.weekStart.rawValue),
          .int32s(excused.map { Int32($0.daysSinceEpoch) }), .string(user.username),
          .string(user.image), .bool(user.leaderboardOptOut),
        ], durability: .asynchronous))
  }

  func erase(_ userID: String) async throws {
    try await database.write(
      "SELECT erase_user($1)::text AS done", [.uuid(userID)], durability: .asynchronous)
  }
}
