import Contracts
import Postgres

/// Counts sessions in the database, under load those of many users in one statement.
final class SessionCounter {
  private let database: PostgresPool
  private let batches: WriteBatcher<SessionChanged, Counted>

  init(_ database: PostgresPool) {
    self.database = database
    // Two events of one user would change the same rows.
    batches = WriteBatcher(
      key: \.userID,
      together: { sessions throws(PostgresError) in
        try await Self.apply(sessions, database)
      },
      alone: { session throws(PostgresError) in try await Self.apply(session, database) })
  }

  /// Counts a session's state.
  func apply(_ session: SessionChanged) async throws -> Counted {
    // Over midnight, or deleted: rare, and no line of a batch's lists.
    guard session.days.count == 1 else { return try await Self.apply(session, database) }
    return try await batches.write(session)
  }

  private static func apply(
    _ sessions: [SessionChanged], _ database: PostgresPool
  ) async throws(PostgresError) -> [Counted] {
    let rows = try await database.write(
      countSessions,
      [
        .uuids(sessions.map(\.userID)), .uuids(sessions.map(\.sessionID)),
        .ints(sessions.map { Int($0.version) }), .int32s(sessions.map(\.type.rawValue)),
        .int32s(sessions.map(\.source.rawValue)), .ints(sessions.map { Int($0.endMs) }),
        .optionalUUIDs(sessions.map(\.projectID)),
      ] + values(of: sessions.map { $0.days[0] }), durability: .asynchronous)
    var outcomes = Array(repeating: Counted(isNew: true), count: sessions.count)
    guard let row = rows.first else { return outcomes }
    for place in row.ints("stale") { outcomes[place - 1].isNew = false }
    for (id, userID) in zip(row.uuids("told"), row.uuids("tellers")) {
      // No two sessions of a batch are of the same user.
      guard let place = sessions.firstIndex(where: { $0.userID == userID }) else { continue }
      outcomes[place].told.append(id)
    }
    return outcomes
  }

  private static func apply(
    _ session: SessionChanged, _ database: PostgresPool
  ) async throws(PostgresError) -> Counted {
    Counted(
      try await database.write(
        countSession,
        [
          .uuid(session.userID), .uuid(session.sessionID), .int64(session.version),
          .int32(session.type.rawValue), .int32(session.source.rawValue),
          .int64(session.deleted ? 0 : session.endMs), .uuid(session.projectID),
        ] + values(of: session.days), durability: .asynchronous))
  }

  private static let countSessions = Query(
    """
    SELECT stale, told, tellers
    FROM count_sessions($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    """)
  private static let countSession = Query(
    """
    SELECT counted, told FROM count_session($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    """)

  /// Dates, lengths of the days, seconds, sessions, and 24 hours for each share.
  private static func values(of shares: [DayShare]) -> [PostgresValue] {
    var hours: [Int32] = []
    hours.reserveCapacity(shares.count * 24)
    for share in shares {
      for seconds in share.byHour { hours.append(Int32(clamping: seconds)) }
    }
    return [
      .int32s(shares.map(\.date)), .int32s(shares.map { Int32(clamping: $0.daySeconds) }),
      .int32s(shares.map { Int32(clamping: $0.seconds) }),
      .int32s(shares.map { Int32(clamping: $0.sessions) }), .int32s(hours),
    ]
  }
}
