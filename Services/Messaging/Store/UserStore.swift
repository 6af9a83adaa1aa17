import Contracts
import Postgres

/// The users that are shown, and who blocks whom: this service's own copy of what others tell.
public struct UserStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Which of some users the events have told of.
  func known(among userIDs: [String]) async throws -> Set<String> {
    let rows = try await database.read(
      "SELECT user_id FROM users WHERE user_id = ANY($1::uuid[])", [.uuids(userIDs)])
    return Set(rows.map { $0.uuid("user_id") })
  }

  /// Takes a newer version; false where this one or a newer one is known already.
  func save(_ user: UserChanged) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO users AS known (user_id, username, image, version) VALUES ($1, $2, $3, $4)
      ON CONFLICT (user_id) DO UPDATE SET
        username = EXCLUDED.username, image = EXCLUDED.image, version = EXCLUDED.version
      WHERE known.version < EXCLUDED.version AND NOT known.deleted
      """,
      [.uuid(user.userID), .string(user.username), .string(user.image), .int64(user.version)],
      durability: .asynchronous
    ).affectedRows == 1
  }

  /// Erases all that is the user's, and marks that there will be no more.
  func erase(_ user: UserChanged) async throws {
    try await database.write(
      "SELECT erase_user($1::uuid, $2::bigint)", [.uuid(user.userID), .int64(user.version)],
      durability: .asynchronous)
  }

  /// Takes a newer version; false where this one or a newer one is known already.
  func save(_ block: BlockChanged) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO blocks AS known (blocker_id, blocked_id, blocked, version)
      VALUES ($1, $2, $3, $4)
      ON CONFLICT (blocker_id, blocked_id) DO UPDATE SET
        blocked = EXCLUDED.blocked, version = EXCLUDED.version
      WHERE known.version < EXCLUDED.version
      """,
      [
        .uuid(block.blockerID), .uuid(block.blockedID), .bool(block.blocked),
        .int64(block.version),
      ], durability: .asynchronous
    ).affectedRows == 1
  }
}
