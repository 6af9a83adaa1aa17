import Contracts
import Testing

@testable import Community

struct CommentTreeTests {
  private func comment(_ id: String, below parent: String? = nil) -> Comment {
    Comment(id: id, parentCommentID: parent)
  }

  /// `a(b(c)d)` of a tree.
  private func outline(_ trees: [Comment]) -> String {
    trees.map { tree in
      tree.id + (tree.replies.isEmpty ? "" : "(\(outline(tree.replies)))")
    }.joined()
  }

  @Test func repliesLieBelowTheirParentsInOrder() {
    let trees = CommentTree.trees(of: [
      comment("a"), comment("b"), comment("c", below: "a"), comment("d", below: "c"),
      comment("e", below: "a"), comment("f", below: "b"),
    ])
    #expect(outline(trees) == "a(c(d)e)b(f)")
  }

  @Test func aReplyMayComeBeforeItsParent() {
    let trees = CommentTree.trees(of: [
      comment("c", below: "b"), comment("b", below: "a"), comment("a"),
    ])
    #expect(outline(trees) == "a(b(c))")
  }

  @Test func whatLiesBelowAMissingOneIsLeftOut() {
    let trees = CommentTree.trees(of: [
      comment("a"), comment("c", below: "blocked"), comment("d", below: "c"),
    ])
    #expect(outline(trees) == "a")
  }
}
