import Contracts

/// Comments as their readers see them: each with its replies.
nonisolated enum CommentTree {
  /// Puts replies below their parents; in each list they stay in the order they came in.
  ///
  /// A comment whose parent is missing is left out with all below it: its parent is by somebody whom
  /// the reader blocks.
  static func trees(of comments: [Comment]) -> [Comment] {
    let children = Dictionary(
      grouping: comments.filter { $0.parentCommentID != nil }, by: { $0.parentCommentID ?? "" })
    func tree(_ comment: Comment) -> Comment {
      var comment = comment
      // Depth is bounded by the table's constraint, so this recursion is.
      comment.replies = (children[comment.id] ?? []).map(tree)
      return comment
    }
    return comments.filter { $0.parentCommentID == nil }.map(tree)
  }
}
