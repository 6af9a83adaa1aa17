/// The bounds of posts, comments, reports and blocks.
nonisolated enum CommunityRules {
  /// Comments that answer the post itself lie at depth 0.
  static let depthMax = 8
  /// Of one thread: a comment at depth 0 is answered whole, with all of its replies.
  static let threadRepliesMax = 500
  static let threadBytesMax = 1 << 20
  /// Where the texts of a page pass this, the page ends: an answer has to fit into its frame.
  static let pageBytesMax = 1 << 20
  /// So many open reports hide a post or comment until a moderator decides.
  static let reportsThatHide = 5
  /// Whom one user may block.
  static let blocksMax = 1000

  /// How many of the texts, in bytes, make up a page; at least one.
  static func pageCount(of sizes: some Sequence<Int>, limit: Int) -> Int {
    var count = 0
    var bytes = 0
    for size in sizes {
      bytes += size
      guard count < limit, count == 0 || bytes <= pageBytesMax else { break }
      count += 1
    }
    return count
  }
}
