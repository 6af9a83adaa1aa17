import Contracts
import Events
import Postgres

/// The posts in the database. A change is written in one statement with its event, against the
/// version that it was made from.
public struct PostStore {
  let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Adds a post; false where its author's account is gone.
  func add(_ post: Post, _ event: Event) async throws -> Bool {
    try await database.write(
      """
      WITH author AS (
        SELECT user_id FROM known_users WHERE user_id = $2 AND NOT deleted FOR SHARE
      ), added AS (
        INSERT INTO posts (
          id, user_id, title, content, category, created_at, updated_at, version)
        SELECT $1, user_id, $3, $4, $5, $6, $6, 1 FROM author RETURNING id
      )
      INSERT INTO outbox (id, topic, payload) SELECT $7, $8, $9 FROM added
      """,
      [
        .uuid(post.id), .uuid(post.userID), .string(post.title), .string(post.content),
        .int32(post.category.rawValue), .timestamp(post.createdAt),
      ] + event.values
    ).affectedRows == 1
  }

  /// A post that is not deleted, nor by somebody whom the reader blocks.
  func post(_ id: String, for reader: String) async throws -> StoredPost? {
    try await database.read(
      """
      SELECT p.id, p.user_id, u.username, p.title, p.content, p.category, p.likes, p.comment_count,
        p.is_hidden, p.created_at, p.updated_at, p.edited_at, p.version, p.hot AS key,
        EXISTS (
          SELECT FROM post_likes l WHERE l.post_id = p.id AND l.user_id = $2) AS liked_by_me
      FROM posts p JOIN known_users u ON u.user_id = p.user_id
      WHERE p.id = $1 AND NOT p.is_deleted AND NOT EXISTS (
        SELECT FROM blocks b WHERE b.blocker_id = $2 AND b.blocked_id = p.user_id AND b.is_blocked)
      """, [.uuid(id), .uuid(reader)]
    ).first.map(StoredPost.init)
  }

  /// Writes an edited post over this version; false where it has changed meanwhile.
  func update(_ post: Post, over version: Int64, _ event: Event) async throws -> Bool {
    try await database.write(
      """
      WITH changed AS (
        UPDATE posts SET
          title = $3, content = $4, category = $5, updated_at = $6, edited_at = $6,
          version = version + 1
        WHERE id = $1 AND version = $2 AND NOT is_deleted RETURNING id
      )
      INSERT INTO outbox (id, topic, payload) SELECT $7, $8, $9 FROM changed
      """,
      [
        .uuid(post.id), .int64(version), .string(post.title), .string(post.content),
        .int32(post.category.rawValue), .timestamp(post.updatedAt),
      ] + event.values
    ).affectedRows == 1
  }

  /// Deletes and empties a post of this version; false where it has changed meanwhile.
  func delete(
    _ id: String, over version: Int64, at now: Int64, _ event: Event
  ) async throws -> Bool {
    try await database.write(
      """
      WITH changed AS (
        UPDATE posts SET
          title = '', content = '', is_deleted = true, updated_at = $3, version = version + 1
        WHERE id = $1 AND version = $2 AND NOT is_deleted RETURNING id
      )
      INSERT INTO outbox (id, topic, payload) SELECT $4, $5, $6 FROM changed
      """, [.uuid(id), .int64(version), .timestamp(now)] + event.values
    ).affectedRows == 1
  }
}

extension Event {
  /// The values of the outbox's columns id, topic, payload.
  var values: [PostgresValue] { [.uuid(id), .string(topic), .bytes(payload)] }
}

extension Event? {
  /// The same, or three times NULL.
  var values: [PostgresValue] { self?.values ?? [.null, .null, .null] }
}
