import Contracts
import Postgres

/// What is known of users, in the database.
public struct SettingsStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  func settings(of userID: String) async throws -> UserSettings? {
    let rows = try await database.read(
      """
      SELECT timezone, day_start_hour, forbid_overlap, username, version, deleted
      FROM user_settings WHERE user_id = $1
      """, [.uuid(userID)])
    return rows.first.map { row in
      UserSettings(
        calendar: .init(zone: row.string("timezone"), dayStartHour: row.int("day_start_hour")),
        forbidsOverlap: row.bool("forbid_overlap"), username: row.optionalString("username"),
        version: row.int64("version"), isDeleted: row.bool("deleted"))
    }
  }

  /// Takes settings of a newer version; false where these or newer ones are known already. The
  /// name is taken of the same version too: rows of an earlier release lack it.
  func save(_ user: UserChanged) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO user_settings AS known (
        user_id, timezone, day_start_hour, forbid_overlap, version, deleted, username, image)
      VALUES ($1, $2, $3, $4, $5, false, $6, $7)
      ON CONFLICT (user_id) DO UPDATE SET
        timezone = EXCLUDED.timezone, day_start_hour = EXCLUDED.day_start_hour,
        forbid_overlap = EXCLUDED.forbid_overlap, version = EXCLUDED.version,
        username = EXCLUDED.username, image = EXCLUDED.image
      WHERE NOT known.deleted AND (
        known.version < EXCLUDED.version
        OR known.version = EXCLUDED.version AND known.username IS NULL)
      """,
      [
        .uuid(user.userID), .string(user.timezone), .int32(user.dayStartHour),
        .bool(user.forbidOverlap), .int64(user.version), .string(user.username),
        .string(user.image),
      ], durability: .asynchronous
    ).affectedRows == 1
  }

  /// Erases what is a user's, and marks that there will be no more.
  func erase(_ user: UserChanged) async throws {
    let userID = user.userID
    try await database.transaction(durability: .asynchronous) { transaction in
      // First, and locked until the end: what is being written for the user comes before.
      try await transaction.run(
        """
        INSERT INTO user_settings (
          user_id, timezone, day_start_hour, forbid_overlap, version, deleted)
        VALUES ($1, 'UTC', 0, false, $2, true)
        ON CONFLICT (user_id) DO UPDATE SET
          timezone = 'UTC', day_start_hour = 0, forbid_overlap = false, version = $2,
          deleted = true, username = NULL, image = NULL
        """, [.uuid(userID), .int64(user.version)])
      // Each half has an index.
      try await transaction.run(
        "DELETE FROM sessions WHERE user_id = $1 AND (status = 3 OR status <> 3)", [.uuid(userID)])
      try await ProjectErasure.run(userID, transaction)
    }
  }
}
