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
      key: \.session.id,
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
    let sessions = records.map(\.session)
    let clocks = sessions.map(\.clock)
    let ends = clocks.map { $0.end ?? $0.start }
    let rows = try await database.write(
      logSessions,
      [
        .uuids(sessions.map(\.id)), .uuids(sessions.map(\.userID)),
        .optionalUUIDs(sessions.map(\.roomID)), .optionalUUIDs(sessions.map(\.projectID)),
        .int32s(sessions.map(\.kind.rawValue)), .int32s(sessions.map(\.source.rawValue)),
        .timestamps(clocks.map(\.start)), .timestamps(ends),
        .ints(clocks.map { Int($0.start) }), .ints(ends.map { Int($0) }),
        .optionalStrings(sessions.map(\.note)), .strings(sessions.map(\.calendar.zone)),
        .int32s(sessions.map { Int32($0.calendar.dayStartHour) }),
        .int32s(records.map { Int32($0.date.daysSinceEpoch) }),
        .timestamps(sessions.map(\.createdAt)), .ints(records.map { Int($0.settingsVersion) }),
        .uuids(records.map(\.event.id)), .strings(records.map(\.event.topic)),
        .byteStrings(records.map(\.event.payload)),
      ])
    let logged = Set(rows.first?.uuids("logged") ?? [])
    return sessions.map { logged.contains($0.id) }
  }

  private static let logSessions = Query(
    """
    SELECT log_sessions(
      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
    ) AS logged
    """)
}
