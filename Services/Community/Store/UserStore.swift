import Contracts
import Postgres

/// What is known of users, in the database.
public struct UserStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Whether the account is gone; nil where nothing is known of it.
  func isGone(_ userID: String) async throws -> Bool? {
    try await database.read(
      "SELECT deleted FROM known_users WHERE user_id = $1", [.uuid(userID)]
    ).first.map { $0.bool("deleted") }
  }

  func name(of userID: String) async throws -> String {
    try await database.read(
      "SELECT username FROM known_users WHERE user_id = $1", [.uuid(userID)]
    ).first?.string("username") ?? ""
  }

  /// Takes what is newer; false where this or something newer is known already.
  func save(_ user: UserChanged) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO known_users AS known (user_id, username, image, version, deleted)
      VALUES ($1, $2, $3, $4, false)
      ON CONFLICT (user_id) DO UPDATE SET
        username = EXCLUDED.username, image = EXCLUDED.image, version = EXCLUDED.version
      WHERE known.version < EXCLUDED.version AND NOT known.deleted
      """,
      [.uuid(user.userID), .string(user.username), .string(user.image), .int64(user.version)],
      durability: .asynchronous
    ).affectedRows == 1
  }

  /// Erases what the user has written, and marks that there will be no more.
  func erase(_ user: UserChanged) async throws {
    try await database.write(
      "SELECT erase_user($1, $2)", [.uuid(user.userID), .int64(user.version)],
      durability: .asynchronous)
  }
}
