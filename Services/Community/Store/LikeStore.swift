import Contracts
import Events
import Postgres

/// The likes in the database: a row each, and their number beside what is liked.
public struct LikeStore {
  /// What can be liked.
  enum Thing { case post, comment }

  struct Outcome {
    var like: Like
    /// It was not liked before, so the event was written.
    var isNew: Bool
  }

  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Likes it (`wanted`), or no longer does; nil turns it over. Writes the event where it is liked
  /// now and was not before.
  ///
  /// - Returns: what holds then; nil where there is no such thing, or no such account.
  func like(
    _ thing: Thing, _ id: String, by userID: String, wanted: Bool?, _ event: Event?
  ) async throws -> Outcome? {
    let values: [PostgresValue] = [.uuid(id), .uuid(userID), .bool(wanted)] + event.values
    let rows =
      switch thing {
      case .post:
        try await database.write(
          """
          SELECT is_liked, is_new, like_count
          FROM like_post($1::uuid, $2::uuid, $3::bool, $4::uuid, $5::text, $6::bytea)
          """, values)
      case .comment:
        try await database.write(
          """
          SELECT is_liked, is_new, like_count
          FROM like_comment($1::uuid, $2::uuid, $3::bool, $4::uuid, $5::text, $6::bytea)
          """, values)
      }
    return rows.first.map { row in
      Outcome(
        like: Like(liked: row.bool("is_liked"), likes: UInt32(row.int("like_count"))),
        isNew: row.bool("is_new"))
    }
  }
}
