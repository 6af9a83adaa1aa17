import Contracts
import Events
import Postgres
import Wire

/// A comment with what its answer does not tell.
struct StoredComment {
  /// Without replies.
  var comment: Comment
  var rootID: String
  var isHidden: Bool
  /// Of a comment at depth 0: about how many bytes it and its replies make in an answer.
  var threadSize: Int
  /// Of a comment at depth 0: whether there ever were any.
  var hasReplies: Bool

  /// Reads a row with the columns of `CommentStore`.
  init(_ row: Row) {
    isHidden = row.bool("is_hidden")
    rootID = row.uuid("root_id")
    threadSize = row.int("thread_bytes") + row.int("thread_replies") * 400
    hasReplies = row.int("thread_replies") > 0
    let isGone = isHidden || row.bool("is_deleted")
    comment = Comment(
      id: row.uuid("id"), postID: row.uuid("post_id"), userID: row.optionalUUID("user_id") ?? "",
      username: row.optionalString("username") ?? "", content: isGone ? "" : row.string("content"),
      parentCommentID: row.optionalUUID("parent_id"), likes: UInt32(row.int("likes")),
      likedByMe: row.bool("liked_by_me"), isDeleted: isGone, depth: UInt32(row.int("depth")),
      replies: [], createdAt: row.milliseconds("created_at"),
      updatedAt: row.milliseconds("updated_at"))
  }
}

/// The comments in the database.
public struct CommentStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  enum Addition: String {
    case added
    case noUser = "no_user"
    case noParent = "no_parent"
    case full
    case noPost = "no_post"
  }

  /// Adds a comment, to the thread of `rootID` where it is a reply.
  func add(_ comment: Comment, rootID: String?, _ event: Event?) async throws -> Addition {
    let rows = try await database.write(
      """
      SELECT add_comment(
        $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::int4, $7::text, $8::timestamptz,
        $9::int4, $10::int4, $11::uuid, $12::text, $13::bytea) AS outcome
      """,
      [
        .uuid(comment.id), .uuid(comment.postID), .uuid(comment.userID),
        .uuid(comment.parentCommentID), .uuid(rootID), .int32(Int32(comment.depth)),
        .string(comment.content), .timestamp(comment.createdAt),
        .int32(Int32(CommunityRules.threadRepliesMax)),
        .int32(Int32(CommunityRules.threadBytesMax)),
      ] + event.values)
    return rows.first.flatMap { Addition(rawValue: $0.string("outcome")) } ?? .noPost
  }

  /// A comment below a post that is there, neither of them by somebody whom the reader blocks.
  func comment(_ id: String, for reader: String) async throws -> StoredComment? {
    try await database.read(
      """
      SELECT c.id, c.post_id, c.user_id, u.username, c.parent_id, c.root_id, c.depth, c.content,
        c.likes, c.is_hidden, c.is_deleted, c.thread_bytes, c.thread_replies,
        c.created_at, c.updated_at, EXISTS (
          SELECT FROM comment_likes l
          WHERE l.comment_id = c.id AND l.user_id = $2) AS liked_by_me
      FROM comments c JOIN posts p ON p.id = c.post_id
        LEFT JOIN known_users u ON u.user_id = c.user_id
      WHERE c.id = $1 AND NOT p.is_deleted AND NOT p.is_hidden AND NOT EXISTS (
        SELECT FROM blocks b
        WHERE b.blocker_id = $2 AND b.blocked_id IN (c.user_id, p.user_id) AND b.is_blocked)
      """, [.uuid(id), .uuid(reader)]
    ).first.map(StoredComment.init)
  }

  /// Comments at depth 0 behind the cursor, the oldest first, but for those by people whom the
  /// reader blocks.
  func roots(
    of postID: String, for reader: String, after cursor: PageCursor?, limit: Int
  ) async throws -> [StoredComment] {
    try await database.read(
      """
      SELECT c.id, c.post_id, c.user_id, u.username, c.parent_id, c.root_id, c.depth, c.content,
        c.likes, c.is_hidden, c.is_deleted, c.thread_bytes, c.thread_replies,
        c.created_at, c.updated_at, EXISTS (
          SELECT FROM comment_likes l
          WHERE l.comment_id = c.id AND l.user_id = $2) AS liked_by_me
      FROM comments c LEFT JOIN known_users u ON u.user_id = c.user_id
      WHERE c.post_id = $1 AND c.depth = 0
        AND (c.created_at, c.id) > (
          COALESCE($3::timestamptz, '-infinity'),
          COALESCE($4::uuid, '00000000-0000-0000-0000-000000000000'))
        AND NOT EXISTS (
          SELECT FROM blocks b
          WHERE b.blocker_id = $2 AND b.blocked_id = c.user_id AND b.is_blocked)
      ORDER BY c.created_at, c.id LIMIT $5::int4
      """,
      [
        .uuid(postID), .uuid(reader), .timestamp(cursor?.key), .uuid(cursor?.id),
        .int32(Int32(limit)),
      ]
    ).map(StoredComment.init)
  }

  /// All replies in these threads, the oldest first, but for those by people whom the reader blocks.
  func replies(in roots: [String], for reader: String) async throws -> [StoredComment] {
    try await database.read(
      """
      SELECT c.id, c.post_id, c.user_id, u.username, c.parent_id, c.root_id, c.depth, c.content,
        c.likes, c.is_hidden, c.is_deleted, c.thread_bytes, c.thread_replies,
        c.created_at, c.updated_at, EXISTS (
          SELECT FROM comment_likes l
          WHERE l.comment_id = c.id AND l.user_id = $2) AS liked_by_me
      FROM unnest($1::uuid[]) AS thread (id)
        JOIN comments c ON c.root_id = thread.id AND c.depth > 0
        LEFT JOIN known_users u ON u.user_id = c.user_id
      WHERE NOT EXISTS (
        SELECT FROM blocks b
        WHERE b.blocker_id = $2 AND b.blocked_id = c.user_id AND b.is_blocked)
      ORDER BY c.created_at, c.id
      """, [.uuids(roots), .uuid(reader)]
    ).map(StoredComment.init)
  }

  enum Edit { case changed, full, gone }

  /// Puts other words into a comment that is there.
  func update(_ id: String, content: String, at now: Int64) async throws -> Edit {
    let row = try await database.write(
      """
      WITH before AS (
        SELECT id, root_id, octet_length($2::text) - octet_length(content) AS growth
        FROM comments WHERE id = $1 AND NOT is_deleted AND NOT is_hidden FOR UPDATE
      ), changed AS (
        UPDATE comments c SET
          content = CASE WHEN c.id = $1 THEN $2 ELSE c.content END,
          updated_at = CASE WHEN c.id = $1 THEN $3 ELSE c.updated_at END,
          thread_bytes = c.thread_bytes + CASE WHEN c.depth = 0 THEN growth ELSE 0 END
        FROM before WHERE c.id IN (before.id, before.root_id)
          AND (SELECT r.thread_bytes + growth <= $4 FROM comments r WHERE r.id = before.root_id)
        RETURNING c.id
      )
      SELECT (SELECT count(*) FROM before) AS found, (SELECT count(*) FROM changed) AS changed
      """,
      [
        .uuid(id), .string(content), .timestamp(now),
        .int32(Int32(CommunityRules.threadBytesMax)),
      ]
    ).first
    guard let row, row.int("found") > 0 else { return .gone }
    return row.int("changed") > 0 ? .changed : .full
  }

  /// Empties a comment; false where it is deleted already.
  func delete(_ id: String, at now: Int64) async throws -> Bool {
    let row = try await database.write(
      """
      WITH emptied AS (
        UPDATE comments SET content = '', is_deleted = true, updated_at = $2
        WHERE id = $1 AND NOT is_deleted RETURNING post_id, is_hidden
      ), counted AS (
        UPDATE posts SET comment_count = comment_count - 1
        FROM emptied WHERE posts.id = emptied.post_id AND NOT emptied.is_hidden
      )
      SELECT count(*) AS emptied FROM emptied
      """, [.uuid(id), .timestamp(now)]
    ).first
    return row?.int("emptied") == 1
  }
}
