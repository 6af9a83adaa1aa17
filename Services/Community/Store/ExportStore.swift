import Contracts
import Postgres

/// What is kept of a user, in parts, each in the order of its ids, as JSON.
public struct ExportStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// One kind of what is kept.
  enum Part: Character, CaseIterable {
    case posts = "p"
    case comments = "c"
    case likedPosts = "l"
    case likedComments = "m"
    case reports = "r"
    case blocks = "b"

    var kind: String {
      switch self {
      case .posts: "post"
      case .comments: "comment"
      case .likedPosts: "liked_post"
      case .likedComments: "liked_comment"
      case .reports: "report"
      case .blocks: "block"
      }
    }
  }

  static let rowsMax = 100

  /// At most `rowsMax` rows with ids above `id`.
  func rows(
    of userID: String, _ part: Part, above id: String?
  ) async throws -> [(id: String, data: String)] {
    let first = "00000000-0000-0000-0000-000000000000"
    let rows = try await database.read(
      Self.query(part), [.uuid(userID), .uuid(id ?? first), .int32(Int32(Self.rowsMax))])
    return rows.map { ($0.uuid("id"), $0.string("data")) }
  }

  private static func query(_ part: Part) -> Query {
    switch part {
    case .posts:
      """
      SELECT id, json_build_object(
        'id', id, 'title', title, 'content', content, 'likes', likes, 'category', (ARRAY[
          'general', 'study', 'work', 'motivation', 'help', 'showcase'])[category],
        'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
        AS data
      FROM posts WHERE user_id = $1 AND id > $2 AND NOT is_deleted ORDER BY id LIMIT $3::int4
      """
    case .comments:
      """
      SELECT id, json_build_object(
        'id', id, 'post_id', post_id, 'parent_comment_id', parent_id, 'content', content,
        'likes', likes,
        'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
        AS data
      FROM comments WHERE user_id = $1 AND id > $2 AND NOT is_deleted ORDER BY id LIMIT $3::int4
      """
    case .likedPosts:
      """
      SELECT post_id AS id, json_build_object('post_id', post_id)::text AS data
      FROM post_likes WHERE user_id = $1 AND post_id > $2 ORDER BY post_id LIMIT $3::int4
      """
    case .likedComments:
      """
      SELECT comment_id AS id, json_build_object('comment_id', comment_id)::text AS data
      FROM comment_likes WHERE user_id = $1 AND comment_id > $2 ORDER BY comment_id LIMIT $3::int4
      """
    case .reports:
      """
      SELECT id, json_build_object(
        'id', id, 'post_id', post_id, 'comment_id', comment_id, 'reason', reason,
        'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
        AS data
      FROM reports WHERE reporter_id = $1 AND id > $2 ORDER BY id LIMIT $3::int4
      """
    case .blocks:
      """
      SELECT blocked_id AS id, json_build_object(
        'user_id', blocked_id,
        'created_at', to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
        AS data
      FROM blocks WHERE blocker_id = $1 AND blocked_id > $2 AND is_blocked
      ORDER BY blocked_id LIMIT $3::int4
      """
    }
  }
}
