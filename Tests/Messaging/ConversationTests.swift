import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Messaging

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct ConversationTests {
  private let anna = Bench.anna
  private let bert = Bench.bert
  private let cleo = Bench.cleo

  @Test func firstMessagesAtOnceMakeOneConversation() async throws {
    try await onLoop {
      let bench = try await Bench()
      let sent = try await bench.times(100) { number in
        number % 2 == 0
          ? try await bench.send("\(number)", anna, to: bert)
          : try await bench.send("\(number)", bert, to: anna)
      }
      #expect(Set(sent.map(\.conversationID)).count == 1)
      #expect(Set(sent.map(\.id)).count == 100)
      #expect(try await bench.count("conversations") == 1)
      #expect(try await bench.unread(anna) == 50)
      #expect(try await bench.unread(bert) == 50)
      let ordered = try await bench.pool.read("SELECT id FROM messages ORDER BY number")
      let ids = ordered.map { $0.uuid("id") }
      #expect(ids == ids.sorted())
      bench.close()
    }
  }

  @Test func idsSortInTheOrderOfSendingThoughTheClockGoesBack() async throws {
    try await onLoop {
      let bench = try await Bench()
      var sent: [DirectMessage] = []
      for number in 0..<20 {
        bench.now -= Int64(number % 3)
        sent.append(try await bench.send("\(number)", anna, to: bert))
      }
      #expect(sent.map(\.id) == sent.map(\.id).sorted())
      #expect(sent.map(\.createdAt) == sent.map(\.createdAt).sorted())
      let conversation = try await bench.service.getConversation(
        .init(conversationID: sent[0].conversationID), bench.context(bert))
      #expect(conversation.messages?.items.map(\.content) == sent.reversed().map(\.content))
      bench.close()
    }
  }

  @Test func readMeansUpToAMessage() async throws {
    try await onLoop {
      let bench = try await Bench()
      var sent: [DirectMessage] = []
      for number in 0..<5 { sent.append(try await bench.send("\(number)", anna, to: bert)) }
      let own = try await bench.send("answer", bert, to: anna)
      let id = own.conversationID
      #expect(try await bench.read(id, upTo: sent[2].id, bert).unreadCount == 2)
      // The mark never goes back.
      #expect(try await bench.read(id, upTo: sent[0].id, bert).unreadCount == 2)
      #expect(try await bench.unread(bert) == 2)
      let page = try await bench.service.getConversation(
        .init(conversationID: id), bench.context(anna))
      #expect(page.messages?.items.map(\.isRead) == [false, false, false, true, true, true])
      // One's own message stands for all that came before it.
      #expect(try await bench.read(id, upTo: own.id, bert).unreadCount == 0)
      _ = try await bench.send("more", anna, to: bert)
      #expect(try await bench.unread(bert) == 1)
      #expect(try await bench.unread(anna) == 1)
      #expect(try await bench.read(id, bert).unreadCount == 0)
      bench.close()
    }
  }

  @Test func whatArrivesWhileReadingStaysUnread() async throws {
    try await onLoop {
      let bench = try await Bench()
      let first = try await bench.send("first", anna, to: bert)
      _ = try await bench.times(100) { number in
        if number % 2 == 0 {
          _ = try await bench.send("\(number)", anna, to: bert)
        } else {
          _ = try await bench.read(first.conversationID, upTo: first.id, bert)
        }
      }
      #expect(try await bench.unread(bert) == 50)
      #expect(try await bench.conversations(bert).map(\.unreadCount) == [50])
      bench.close()
    }
  }

  @Test func onlyItsMembersSeeAConversation() async throws {
    try await onLoop {
      let bench = try await Bench()
      let sent = try await bench.send("secret", anna, to: bert)
      let other = try await bench.send("other", anna, to: cleo)
      await bench.expect(.notFound, "not_found") {
        try await bench.service.getConversation(
          .init(conversationID: sent.conversationID), bench.context(cleo))
      }
      await bench.expect(.notFound, "not_found") {
        try await bench.read(sent.conversationID, upTo: sent.id, cleo)
      }
      await bench.expect(.notFound, "no_message") {
        try await bench.read(sent.conversationID, upTo: other.id, bert)
      }
      await bench.expect(.notFound, "no_message") {
        try await bench.read(sent.conversationID, upTo: "x", bert)
      }
      #expect(try await bench.conversations(cleo).map(\.lastMessage?.content) == ["other"])
      bench.close()
    }
  }

  @Test func aBlockedSenderLearnsNoMoreThanOfAnUnknownUser() async throws {
    try await onLoop {
      let bench = try await Bench()
      _ = try await bench.send("hello", anna, to: bert)
      #expect(try await bench.block(anna, by: bert, true, version: 1))
      @MainActor func refusal(to receiver: String) async -> (RPCError?, calls: Int) {
        let before = bench.auth.callCount
        do {
          _ = try await bench.send("again", anna, to: receiver)
          return (nil, 0)
        } catch {
          return (error as? RPCError, bench.auth.callCount - before)
        }
      }
      let blocked = await refusal(to: bert)
      let unknown = await refusal(to: "01939f0e-0000-7000-8000-0000000000ff")
      #expect(blocked.0?.code == .notFound)
      #expect(blocked.0 == unknown.0)
      #expect(blocked.calls == unknown.calls)
      #expect(try await !bench.block(anna, by: bert, false, version: 1))
      #expect(try await bench.block(anna, by: bert, false, version: 2))
      _ = try await bench.send("again", anna, to: bert)
      bench.close()
    }
  }

  @Test func nobodyWritesToOneself() async throws {
    try await onLoop {
      let bench = try await Bench()
      await bench.expect(.invalidArgument, "invalid") {
        try await bench.send("me", anna, to: anna.uppercased())
      }
      bench.close()
    }
  }

  @Test func pagesFollowTheLatestMessage() async throws {
    try await onLoop {
      let bench = try await Bench()
      let users = (0..<7).map { "01939f0e-0000-7000-8000-00000000001\($0)" }
      for (index, id) in users.enumerated() {
        bench.auth.users[id] = UserChanged(userID: id, username: "user\(index)", version: 1)
        bench.now += index % 2 == 0 ? 0 : 1
        _ = try await bench.send("to \(index)", anna, to: id)
      }
      var seen: [Conversation] = []
      var cursor: String?
      repeat {
        let page = try await bench.service.listConversations(
          .init(limit: 3, cursor: cursor), bench.context(anna))
        seen += page.items
        cursor = page.nextCursor
      } while cursor != nil
      #expect(Set(seen.map(\.otherUser?.id)) == Set(users))
      #expect(seen.count == users.count)
      #expect(seen.compactMap(\.lastMessageAt) == seen.compactMap(\.lastMessageAt).sorted(by: >))
      await bench.expect(.invalidArgument, "invalid") {
        try await bench.service.listConversations(.init(cursor: "x"), bench.context(anna))
      }
      bench.close()
    }
  }

  @Test func anErasedUserLeavesOnlyWhatOthersWrote() async throws {
    try await onLoop {
      let bench = try await Bench()
      let first = try await bench.send("from anna", anna, to: bert)
      bench.now += 5
      _ = try await bench.send("from bert", bert, to: anna)
      bench.now += 5
      _ = try await bench.send("anna again", anna, to: bert)
      _ = try await bench.send("to cleo", anna, to: cleo)
      bench.auth.users[anna] = nil
      #expect(try await bench.apply(UserChanged(userID: anna, deleted: true, version: 2)))
      let left = try await bench.conversations(bert)
      #expect(left.map(\.lastMessage?.content) == ["from bert"])
      #expect(left.map(\.lastMessageAt) == [first.createdAt + 5])
      #expect(left.map(\.otherUser?.username) == [""])
      #expect(left.map(\.unreadCount) == [0])
      #expect(try await bench.conversations(cleo).isEmpty)
      #expect(try await bench.unread(cleo) == 0)
      #expect(try await bench.notifications(bert).isEmpty)
      #expect(try await bench.conversations(anna).map(\.id) == left.map(\.id))
      await bench.expect(.notFound, "no_user") { try await bench.send("?", bert, to: anna) }
      await bench.expect(.notFound, "no_user") { try await bench.send("?", anna, to: bert) }
      #expect(try await !bench.apply(UserChanged(userID: anna, username: "back", version: 3)))
      bench.close()
    }
  }

  @Test func newNamesAreShownAndOldOnesPassedOver() async throws {
    try await onLoop {
      let bench = try await Bench()
      _ = try await bench.send("hello", anna, to: bert)
      #expect(try await bench.apply(UserChanged(userID: anna, username: "ann", version: 3)))
      #expect(try await !bench.apply(UserChanged(userID: anna, username: "old", version: 2)))
      #expect(try await bench.conversations(bert).map(\.otherUser?.username) == ["ann"])
      bench.close()
    }
  }
}
