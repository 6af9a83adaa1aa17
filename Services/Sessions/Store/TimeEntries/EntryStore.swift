import Events
import Postgres

/// Time entries in the database. Races are decided there: by the unique index of running entries,
/// by versions, and by the lock of a user's settings where entries must not overlap.
public struct EntryStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// What became of a new or a changed entry.
  enum Outcome: Equatable {
    case done
    /// The settings or the entry have changed meanwhile.
    case changedMeanwhile
    case overlaps
    case alreadyRunning
  }

  // MARK: - Reading

  func entry(_ id: String, of userID: String) async throws -> BookedTime? {
    try await database.read(Self.find, [.uuid(id), .uuid(userID)]).first.map(BookedTime.init)
  }

  func running(of userID: String) async throws -> BookedTime? {
    try await database.read(Self.findRunning, [.uuid(userID)]).first.map(BookedTime.init)
  }

  /// The latest start first, strictly below the cursor.
  func page(
    of userID: String, _ filter: EntryFilter, _ page: PageRequest
  ) async throws -> [BookedTime] {
    try await database.read(
      Self.findPage,
      [
        .uuid(userID), .timestamp(filter.from), .timestamp(filter.to), .uuid(filter.projectID),
        .timestamp(page.cursor?.key), .uuid(page.cursor?.id), .int32(page.fetched),
      ]
    ).map(BookedTime.init)
  }

  // MARK: - Changing

  /// - Parameter event: nil for an entry that runs.
  func insert(
    _ entry: BookedTime, _ settings: UserSettings, _ event: Event?
  ) async throws -> Outcome {
    let values = Self.values(of: entry) + [.int64(settings.version)]
    let apart: Bool = settings.forbidsOverlap
    return try await write(
      entry, apart: apart, event == nil ? Self.add : Self.addAndTell,
      values + (event?.values ?? []))
  }

  /// Writes an entry whose version was counted up by one.
  ///
  /// - Parameter apart: the entry must not overlap anything.
  func update(_ entry: BookedTime, apart: Bool, _ event: Event?) async throws -> Outcome {
    try await write(
      entry, apart: apart, event == nil ? Self.change : Self.changeAndTell,
      Self.changes(of: entry) + (event?.values ?? []))
  }

  /// Deletes an entry of this version; false where it has changed meanwhile.
  func delete(_ entry: BookedTime, _ event: Event?) async throws -> Bool {
    try await database.write(
      event == nil ? Self.remove : Self.removeAndTell,
      [.uuid(entry.id), .uuid(entry.userID), .int64(entry.version)] + (event?.values ?? [])
    ).affectedRows == 1
  }

  private func write(
    _ entry: BookedTime, apart: Bool, _ query: Query, _ values: [PostgresValue]
  ) async throws -> Outcome {
    do {
      guard apart else {
        return try await database.write(query, values).affectedRows == 1
          ? .done : .changedMeanwhile
      }
      return try await database.transaction { transaction in
        try await UserTime.lock(entry.userID, transaction)
        if try await UserTime.overlaps(
          .entry, entry.id, of: entry.userID, from: entry.start, to: entry.end, transaction)
        {
          return .overlaps
        }
        return try await transaction.write(query, values).affectedRows == 1
          ? .done : .changedMeanwhile
      }
    } catch let error as PostgresError
      where error.isUniqueViolation(of: "time_entries_one_running")
    {
      return .alreadyRunning
    }
  }
}
