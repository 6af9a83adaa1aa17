import Events
import Postgres
import TimeZones

/// Logs completed sessions, under load those of many users in one statement and one commit.
final class SessionLogger {
  /// A completed session that was never paused, with the settings it was made with and its event.
  struct Record: Sendable {
    var session: FocusSession
    var date: CivilDate
    var settingsVersion: Int64
    var event: Event
  }

  private let batches: WriteBatcher<Record, Bool>

  init(_ database: PostgresPool) {
    batches = WriteBatcher(
      together: { records throws(PostgresError) in
        try await Self.log(records, database)
      },
      alone: { record throws(PostgresError) in
        try await database.write(SessionStore.add, SessionStore.values(of: record)).affectedRows
          == 1
      })
  }

  /// False where the settings are no longer those that the session was made with.
  func log(_ record: Record) async throws(PostgresError) -> Bool {
    try await batches.write(record)
  }

  private static func log(
    _ records: [Record], _ database: PostgresPool
  ) async throws(PostgresError) -> [Bool] {
    let ends = records.map { $0.session.clock.end ?? $0.session.clock.start }
    let rows = try await database.write(
      logSessions,
      [
        .uuids(records.map(\.session.id)), .uuids(records.map(\.session.userID)),
        .optionalUUIDs(records.map(\.session.roomID)),
        .optionalUUIDs(records.map(\.session.projectID)),
        .int32s(records.map(\.session.kind.rawValue)),
        .int32s(records.map(\.session.source.rawValue)),
        .timestamps(records.map(\.session.clock.start)), .timestamps(ends),
        .ints(records.map { Int($0.session.clock.start) }), .ints(ends.map { Int($0) }),
        .optionalStrings(records.map(\.session.note)),
        .strings(records.map(\.session.calendar.zone)),
        .int32s(records.map { Int32($0.session.calendar.dayStartHour) }),
        .int32s(records.map { Int32($0.date.daysSinceEpoch) }),
        .timestamps(records.map(\.session.createdAt)),
        .ints(records.map { Int($0.settingsVersion) }),
        .uuids(records.map(\.event.id)), .strings(records.map(\.event.topic)),
        .byteStrings(records.map(\.event.payload)),
      ])
    guard let logged = rows.first?.optionalStrings("logged") else {
      return Array(repeating: true, count: records.count)
    }
    return records.map { logged.contains($0.session.id) }
  }

  /// null where all were logged, as nearly always.
  private static let logSessions = Query(
    """
    SELECT CASE WHEN cardinality(logged) < cardinality($1) THEN logged END AS logged
    FROM log_sessions(
      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
    ) AS logged
    """)
}
