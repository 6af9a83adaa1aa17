import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Community

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct ErasureTests {
  private func erase(_ name: Character, _ bench: Bench) async throws {
    _ = try await bench.forum.applyUser(
      UserChanged(userID: Bench.id(of: name), deleted: true, version: 2), bench.by(name))
  }

  @Test func nothingOfADeletedAccountIsLeft() async throws {
    try await onLoop {
      let bench = try await Bench()
      let kept = try await bench.post(by: "a")
      let gone = try await bench.post(by: "b", title: "secret")
      let root = try await bench.comment(by: "b", on: kept, "secret")
      let reply = try await bench.comment(by: "c", on: kept, below: root)
      _ = try await bench.forum.likePost(.init(postID: kept.id), bench.by("b"))
      _ = try await bench.forum.likePost(.init(postID: kept.id), bench.by("c"))
      _ = try await bench.forum.likeComment(.init(commentID: reply.id), bench.by("b"))
      _ = try await bench.forum.createReport(
        .init(postID: kept.id, reason: "secret"), bench.by("b"))
      _ = try await bench.forum.blockUser(.init(userID: Bench.id(of: "b")), bench.by("c"))
      try await erase("b", bench)
      // A second time changes nothing.
      try await erase("b", bench)

      await bench.expect(.notFound, "not_found") {
        try await bench.forum.getPost(.init(postID: gone.id), bench.by("a"))
      }
      let post = try await bench.forum.getPost(.init(postID: kept.id), bench.by("c"))
      #expect(post.likes == 1)
      #expect(post.likedByMe)
      #expect(post.commentCount == 1)
      let tree = try await bench.forum.listComments(.init(postID: kept.id), bench.by("a")).items
      #expect(tree.map(\.id) == [root.id])
      #expect(tree[0].isDeleted)
      #expect(tree[0].content.isEmpty && tree[0].username.isEmpty && tree[0].userID.isEmpty)
      #expect(tree[0].replies.map(\.id) == [reply.id])
      #expect(tree[0].replies[0].likes == 0)
      let blocks = try await bench.forum.listBlocks(.init(), bench.by("c")).items
      #expect(blocks.isEmpty)
      let rest = try await bench.pool.read(
        """
        SELECT count(*) AS rows FROM (
          SELECT FROM posts WHERE title || content LIKE '%secret%' UNION ALL
          SELECT FROM comments WHERE content LIKE '%secret%' UNION ALL
          SELECT FROM reports WHERE reason LIKE '%secret%' UNION ALL
          SELECT FROM known_users WHERE username = 'user-b') AS found
        """
      ).first?.int("rows")
      #expect(rest == 0)
      bench.close()
    }
  }

  @Test func aDeletedAccountWritesNothing() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a")
      let later = try await bench.post(by: "b")
      try await erase("b", bench)
      await bench.expect(.notFound, "no_account") { try await bench.post(by: "b") }
      await bench.expect(.notFound, "no_account") { try await bench.comment(by: "b", on: post) }
      await bench.expect(.notFound, "no_account") {
        try await bench.forum.likePost(.init(postID: post.id), bench.by("b"))
      }
      await bench.expect(.notFound, "no_account") {
        try await bench.forum.blockUser(.init(userID: Bench.id(of: "a")), bench.by("b"))
      }
      // What comes late, changes nothing.
      let changed = try await bench.forum.applyUser(
        UserChanged(userID: Bench.id(of: "b"), username: "back", version: 3), bench.by("b")
      ).changed
      #expect(!changed)
      await bench.expect(.notFound, "not_found") {
        try await bench.forum.getPost(.init(postID: later.id), bench.by("a"))
      }
      bench.close()
    }
  }

  @Test func anExportHasAllThatIsKept() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a", title: "a \"quoted\" title")
      let theirs = try await bench.post(by: "b")
      for _ in 0..<3 { _ = try await bench.comment(by: "a", on: theirs) }
      _ = try await bench.forum.likePost(.init(postID: theirs.id), bench.by("a"))
      _ = try await bench.forum.createReport(
        .init(postID: theirs.id, reason: "spam"), bench.by("a"))
      _ = try await bench.forum.blockUser(.init(userID: Bench.id(of: "c")), bench.by("a"))
      var items: [ExportItem] = []
      var cursor: String?
      repeat {
        let page = try await bench.forum.exportUser(
          .init(userID: Bench.id(of: "a"), cursor: cursor, bytesMax: 1), bench.by("a"))
        #expect(page.items.count <= 1)
        items += page.items
        cursor = page.nextCursor
      } while cursor != nil
      #expect(
        items.map(\.kind) == [
          "post", "comment", "comment", "comment", "liked_post", "report", "block",
        ])
      #expect(items[0].data.contains(post.id))
      #expect(items[0].data.contains(#"a \"quoted\" title"#))
      #expect(items[0].data.contains("2026-11-21T12:00:00.000Z"))
      let whole = try await bench.forum.exportUser(
        .init(userID: Bench.id(of: "a")), bench.by("a"))
      #expect(whole.items == items)
      bench.close()
    }
  }

  @Test func aThreadIsBounded() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a")
      let root = try await bench.comment(by: "a", on: post)
      let text = String(repeating: "😀", count: 20_000)
      var taken = 0
      while taken < 100 {
        do {
          _ = try await bench.comment(by: "b", on: post, below: root, text)
          taken += 1
        } catch let error as RPCError where error.reason == "thread_full" {
          break
        }
      }
      #expect(taken == CommunityRules.threadBytesMax / 80_000)
      // Neither by editing.
      await bench.expect(.failedPrecondition, "thread_full") {
        try await bench.forum.updateComment(
          .init(commentID: root.id, content: text), bench.by("a"))
      }
      let post2 = try await bench.forum.getPost(.init(postID: post.id), bench.by("a"))
      #expect(Int(post2.commentCount) == taken + 1)
      bench.close()
    }
  }
}
