import Events
import Postgres
import TimeZones
import Wire

/// The sessions in the database. Races are decided there: by the unique index of active sessions,
/// by versions, and by the lock of a user's settings where sessions must not overlap.
///
/// A change that others have to learn of is written in one statement with its event.
public struct SessionStore {
  private let database: PostgresPool
  private let logger: SessionLogger

  public init(_ database: PostgresPool) {
    self.database = database
    logger = SessionLogger(database)
  }

  /// What became of a new session.
  enum Addition: Equatable {
    case added
    /// The settings are no longer those that the session was made with.
    case settingsChanged
    case overlaps
    case alreadyActive
  }

  // MARK: - Adding

  /// Starts a session, unless one is active.
  func start(_ session: FocusSession, on date: CivilDate, _ settings: UserSettings) async throws
    -> Addition
  {
    let values = Self.values(of: session, on: date) + [.int64(settings.version)]
    do {
      guard settings.forbidsOverlap else {
        return try await database.write(Self.begin, values).affectedRows == 1
          ? .added : .settingsChanged
      }
      return try await database.transaction { transaction in
        try await UserTime.lock(session.userID, transaction)
        if try await Self.overlaps(session, transaction) { return .overlaps }
        return try await transaction.write(Self.begin, values).affectedRows == 1
          ? .added : .settingsChanged
      }
    } catch let error as PostgresError where error.isUniqueViolation(of: "sessions_one_active") {
      return .alreadyActive
    }
  }

  private static let begin = Query(
    """
    INSERT INTO sessions (
      id, user_id, room_id, project_id, kind, source, status, start_time, end_time,
      running_since, segments, note, timezone, day_start_hour, local_date, version, created_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
    FROM user_settings WHERE user_id = $2 AND version = $18 AND NOT deleted
    """)

  /// Logs a completed session.
  func log(
    _ session: FocusSession, on date: CivilDate, _ settings: UserSettings, _ event: Event
  ) async throws -> Addition {
    let record = SessionLogger.Record(
      session: session, date: date, settingsVersion: settings.version, event: event)
    guard settings.forbidsOverlap else {
      return try await logger.log(record) ? .added : .settingsChanged
    }
    return try await database.transaction { transaction in
      try await UserTime.lock(session.userID, transaction)
      if try await Self.overlaps(session, transaction) { return .overlaps }
      let rows = try await transaction.write(Self.add, Self.values(of: record))
      return rows.affectedRows == 1 ? .added : .settingsChanged
    }
  }

  static let add = Query(
    """
    WITH known AS (
      SELECT FROM user_settings WHERE user_id = $2 AND version = $18 AND NOT deleted
    ), added AS (
      INSERT INTO sessions (
        id, user_id, room_id, project_id, kind, source, status, start_time, end_time,
        running_since, segments, note, timezone, day_start_hour, local_date, version, created_at)
      SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 FROM known
    )
    INSERT INTO outbox (id, topic, payload) SELECT $19, $20, $21 FROM known
    """)

  /// The parameters of `add`.
  static func values(of record: SessionLogger.Record) -> [PostgresValue] {
    values(of: record.session, on: record.date) + [.int64(record.settingsVersion)]
      + record.event.values
  }

  // MARK: - Reading

  func session(_ id: String, of userID: String) async throws -> FocusSession? {
    try await database.read(Self.find, [.uuid(id), .uuid(userID)]).first.map(FocusSession.init)
  }

  /// The running or paused session.
  func active(of userID: String) async throws -> FocusSession? {
    try await database.read(Self.findActive, [.uuid(userID)]).first.map(FocusSession.init)
  }

  /// Completed sessions, the newest end first, strictly below the cursor.
  func page(
    of userID: String, _ filter: SessionFilter, after cursor: PageCursor?, limit: Int
  ) async throws -> [FocusSession] {
    try await database.read(
      Self.findPage,
      [
        .uuid(userID), .timestamp(filter.from), .timestamp(filter.to),
        .int32(filter.kind?.rawValue), .uuid(filter.projectID), .timestamp(cursor?.key),
        .uuid(cursor?.id), .int32(Int32(limit)),
      ]
    ).map(FocusSession.init)
  }

  /// Whether a user is in a room, or was: it is theirs, or has earned them a session.
  func knows(room id: String, _ userID: String) async throws -> Bool {
    let rows = try await database.read(
      """
      SELECT id FROM rooms WHERE id = $1 AND (
        host_id = $2
        OR EXISTS (SELECT FROM room_participants WHERE room_id = $1 AND user_id = $2)
        OR EXISTS (
          SELECT FROM sessions
          WHERE room_id = $1 AND user_id = $2 AND room_phase IS NOT NULL))
      """, [.uuid(id), .uuid(userID)])
    return !rows.isEmpty
  }

  // MARK: - Changing

  /// Writes a session whose version was counted up by one; false where it has changed meanwhile.
  func update(_ session: FocusSession, on date: CivilDate, _ event: Event?) async throws -> Bool {
    let values = Self.changes(of: session, on: date)
    guard let event else { return try await database.write(Self.change, values).affectedRows == 1 }
    return try await database.write(Self.changeAndTell, values + event.values).affectedRows == 1
  }

  /// The same, unless the session would overlap another one.
  func updateApart(
    _ session: FocusSession, on date: CivilDate, _ event: Event
  ) async throws -> Addition {
    try await database.transaction { transaction in
      try await UserTime.lock(session.userID, transaction)
      if try await Self.overlaps(session, transaction) { return .overlaps }
      let values = Self.changes(of: session, on: date) + event.values
      let rows = try await transaction.write(Self.changeAndTell, values)
      return rows.affectedRows == 1 ? .added : .settingsChanged
    }
  }

  /// Deletes a session of this version; false where it has changed meanwhile.
  func delete(_ session: FocusSession, _ event: Event?) async throws -> Bool {
    let key: [PostgresValue] = [
      .uuid(session.id), .uuid(session.userID), .int64(session.version),
    ]
    guard let event else {
      return try await database.write(
        "DELETE FROM sessions WHERE id = $1 AND user_id = $2 AND version = $3", key
      ).affectedRows == 1
    }
    return try await database.write(
      """
      WITH gone AS (
        DELETE FROM sessions WHERE id = $1 AND user_id = $2 AND version = $3 RETURNING id
      )
      INSERT INTO outbox (id, topic, payload) SELECT $4, $5, $6 FROM gone
      """, key + event.values
    ).affectedRows == 1
  }

  // MARK: - Overlaps

  private static func overlaps(
    _ session: FocusSession, _ transaction: Transaction
  ) async throws -> Bool {
    try await UserTime.overlaps(
      .session, session.id, of: session.userID, from: session.clock.start,
      to: session.clock.end, transaction)
  }
}

extension Event {
  /// The values of the outbox's columns id, topic, payload.
  var values: [PostgresValue] { [.uuid(id), .string(topic), .bytes(payload)] }
}
