import Contracts
import Postgres

/// A post as one reader sees it, with what its answer does not tell.
struct StoredPost {
  var post: Post
  var version: Int64
  /// What its list is sorted by.
  var key: Int64

  /// Reads a row with the columns of `PostStore`.
  init(_ row: Row) {
    post = Post(
      id: row.uuid("id"), userID: row.uuid("user_id"), username: row.string("username"),
      title: row.string("title"), content: row.string("content"),
      category: PostCategory(number: row.int32("category")), likes: UInt32(row.int("likes")),
      likedByMe: row.bool("liked_by_me"), commentCount: UInt32(row.int("comment_count")),
      createdAt: row.milliseconds("created_at"), updatedAt: row.milliseconds("updated_at"),
      editedAt: row.optionalMilliseconds("edited_at"), isHidden: row.bool("is_hidden"))
    version = row.int64("version")
    key = row.int64("key")
  }
}

extension Post {
  /// What others learn of the post's state of this version.
  func event(version: Int64, isGone: Bool) -> PostChanged {
    PostChanged(
      postID: id, userID: userID, title: isGone ? "" : title, gone: isGone, version: version,
      createdMs: createdAt)
  }
}
