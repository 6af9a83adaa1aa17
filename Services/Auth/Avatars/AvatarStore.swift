import Postgres
import Wire

/// What is known of pictures; their bytes lie in the object store.
struct AvatarStore {
  /// A picture's id and media type.
  struct Entry: Hashable {
    var id: String
    var contentType: String
  }

  let database: AuthDatabase

  init(_ pool: PostgresPool) { database = AuthDatabase(pool: pool) }

  /// Before the bytes are stored, so that none are ever forgotten. Throws where the account is gone.
  func add(_ entry: Entry, of userID: String, now: Int64, _ context: CallContext) async throws {
    try await database.write(
      "INSERT INTO avatars (id, user_id, content_type, created_at) VALUES ($1, $2, $3, $4)",
      [.uuid(entry.id), .uuid(userID), .string(entry.contentType), .timestamp(now)], context)
  }

  /// Any picture whose account is there.
  func entry(_ id: String, _ context: CallContext) async throws -> Entry? {
    try await database.read(
      "SELECT id, content_type FROM avatars WHERE id = $1 AND user_id IS NOT NULL",
      [.uuid(id)], context
    ).first.map(Self.entry)
  }

  /// The picture that the account shows.
  func current(of userID: String, _ context: CallContext) async throws -> Entry? {
    try await database.read(
      """
      SELECT avatars.id, content_type FROM avatars, users
      WHERE users.id = $1 AND user_id = users.id AND right(image, 36) = avatars.id::text
      """, [.uuid(userID)], context
    ).first.map(Self.entry)
  }

  func remove(_ id: String, _ context: CallContext) async throws {
    try await database.write("DELETE FROM avatars WHERE id = $1", [.uuid(id)], context)
  }

  /// Pictures that no account shows; but those younger than `before`, which may be on their way.
  func abandoned(before: Int64, limit: Int, _ context: CallContext) async throws -> [Entry] {
    try await database.read(
      """
      SELECT avatars.id, content_type FROM avatars LEFT JOIN users ON users.id = user_id
      WHERE avatars.created_at < $1 AND right(image, 36) IS DISTINCT FROM avatars.id::text
      ORDER BY avatars.created_at LIMIT $2::integer
      """, [.timestamp(before), .int32(Int32(limit))], context
    ).map(Self.entry)
  }

  private static func entry(_ row: Row) -> Entry {
    Entry(id: row.uuid("id"), contentType: row.string("content_type"))
  }
}
