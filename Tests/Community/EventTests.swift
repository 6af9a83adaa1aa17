import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Community

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct EventTests {
  @Test func eachChangeOfAPostIsTold() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a")
      _ = try await bench.forum.updatePost(.init(postID: post.id, title: "new"), bench.by("a"))
      // Nothing changes, nothing is told.
      _ = try await bench.forum.updatePost(.init(postID: post.id, title: "new"), bench.by("a"))
      _ = try await bench.forum.deletePost(.init(postID: post.id), bench.by("a"))
      let told = try bench.posts()
      #expect(told.map(\.version) == [1, 2, 3])
      #expect(told.map(\.title) == ["title", "new", ""])
      #expect(told.map(\.gone) == [false, false, true])
      #expect(told.allSatisfy { $0.userID == Bench.id(of: "a") && $0.createdMs == bench.now })
      let rows = try await bench.outboxRows()
      #expect(rows == 3)
      bench.close()
    }
  }

  @Test func hidingAndShowingAgainIsTold() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a")
      for reporter in "bcdef" {
        _ = try await bench.forum.createReport(
          .init(postID: post.id, reason: "spam"), bench.by(reporter))
      }
      let moderator = bench.by("9", role: .moderator)
      let report = try await bench.forum.listReports(.init(), moderator).items[0]
      _ = try await bench.forum.decideReport(
        .init(id: report.id, decision: .restore), moderator)
      let told = try bench.posts()
      #expect(told.map(\.gone) == [false, true, false])
      #expect(told.map(\.version) == [1, 2, 3])
      bench.close()
    }
  }

  @Test func anAuthorIsToldOnceOfEachLiker() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a")
      for _ in 0..<3 {
        _ = try await bench.forum.toggleLikeOfPost(.init(postID: post.id), bench.by("b"))
        _ = try await bench.forum.likePost(.init(postID: post.id), bench.by("b"))
      }
      _ = try await bench.forum.likePost(.init(postID: post.id), bench.by("c"))
      // Not of oneself.
      _ = try await bench.forum.likePost(.init(postID: post.id), bench.by("a"))
      let told = try bench.notifications()
      #expect(Set(told.map(\.id)).count == 2)
      #expect(Set(told.map(\.actorID)) == [Bench.id(of: "b"), Bench.id(of: "c")])
      #expect(
        told.allSatisfy {
          $0.kind == .like && $0.userID == Bench.id(of: "a") && $0.subjectID == post.id
        })
      bench.close()
    }
  }

  @Test func aReplyIsToldToWhomItAnswers() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a")
      let root = try await bench.comment(by: "b", on: post)
      let reply = try await bench.comment(by: "c", on: post, below: root)
      _ = try await bench.comment(by: "c", on: post, below: reply)
      _ = try await bench.comment(by: "a", on: post)
      let told = try bench.notifications()
      #expect(told.map(\.userID) == [Bench.id(of: "a"), Bench.id(of: "b")])
      #expect(told.map(\.subjectID) == [root.id, reply.id])
      #expect(told.allSatisfy { $0.kind == .reply })
      bench.close()
    }
  }

  @Test func whoIsBlockedTellsNothing() async throws {
    try await onLoop {
      let bench = try await Bench()
      let post = try await bench.post(by: "a")
      _ = try await bench.forum.blockUser(.init(userID: Bench.id(of: "b")), bench.by("a"))
      _ = try await bench.comment(by: "b", on: post)
      _ = try await bench.forum.likePost(.init(postID: post.id), bench.by("b"))
      #expect(try bench.notifications().isEmpty)
      _ = try await bench.forum.unblockUser(.init(userID: Bench.id(of: "b")), bench.by("a"))
      let blocks = try bench.delivered.filter { $0.topic == Forum.blockTopic }
        .map { try BlockChanged(bytes: $0.payload) }
      #expect(blocks.map(\.version) == [1, 2])
      #expect(blocks.map(\.blocked) == [true, false])
      bench.close()
    }
  }
}
