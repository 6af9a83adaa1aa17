import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Messaging

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct NotificationTests {
  private let anna = Bench.anna
  private let bert = Bench.bert
  private let cleo = Bench.cleo

  @Test func aNotificationTakesEffectOnce() async throws {
    try await onLoop {
      let bench = try await Bench()
      let listed = try await bench.times(100) { _ in try await bench.tell(anna, 1) }
      #expect(listed.filter { $0 }.count == 1)
      #expect(try await bench.notifications(anna).map(\.text) == ["news 1"])
      bench.close()
    }
  }

  @Test func aMessageNotifiesItsReceiver() async throws {
    try await onLoop {
      let bench = try await Bench()
      let sent = try await bench.send("hello", anna, to: bert)
      let told = try await bench.notifications(bert)
      #expect(told.map(\.kind) == [.message])
      #expect(told.map(\.text) == ["anna sent you a message."])
      #expect(told.map(\.subjectID) == [sent.id])
      #expect(try await bench.notifications(anna).isEmpty)
      bench.close()
    }
  }

  @Test func aKindThatIsNotWantedIsNotListed() async throws {
    try await onLoop {
      let bench = try await Bench()
      let preferences = try await bench.service.setNotificationPreferences(
        .init(message: false), bench.context(bert))
      #expect(preferences.badgeAwarded && preferences.roomInvitation && !preferences.message)
      _ = try await bench.send("hello", anna, to: bert)
      #expect(try await bench.tell(bert, 1, .badgeAwarded))
      #expect(try await !bench.tell(bert, 2, .message))
      #expect(try await bench.notifications(bert).map(\.kind) == [.badgeAwarded])
      let changed = try await bench.service.setNotificationPreferences(
        .init(badgeAwarded: false, message: true), bench.context(bert))
      #expect(changed.message && !changed.badgeAwarded && changed.like)
      // What was passed over stays so.
      #expect(try await !bench.tell(bert, 2, .message))
      #expect(try await bench.tell(bert, 3, .message))
      bench.close()
    }
  }

  @Test func whoIsBlockedTellsNothing() async throws {
    try await onLoop {
      let bench = try await Bench()
      _ = try await bench.block(anna, by: bert, true, version: 1)
      #expect(try await !bench.tell(bert, 1, .like, actor: anna))
      #expect(try await bench.tell(bert, 2, .like, actor: cleo))
      #expect(try await bench.tell(anna, 3, .like, actor: bert))
      #expect(try await bench.notifications(bert).map(\.text) == ["news 2"])
      bench.close()
    }
  }

  @Test func readingGoesByIDOrUpToOne() async throws {
    try await onLoop {
      let bench = try await Bench()
      for number in 0..<6 { _ = try await bench.tell(anna, number) }
      _ = try await bench.tell(bert, 100)
      func read(upTo: String? = nil, _ ids: [String] = []) async throws -> Int64 {
        try await bench.service.readNotifications(
          .init(upToID: upTo, ids: ids), bench.context(anna)
        ).unreadCount
      }
      #expect(try await read([Bench.id(5), Bench.id(100), "x"]) == 5)
      #expect(try await read(upTo: Bench.id(2)) == 2)
      #expect(try await read(upTo: Bench.id(0)) == 2)
      await bench.expect(.notFound, "no_notification") { try await read(upTo: Bench.id(100)) }
      let unread = try await bench.notifications(anna, unread: true)
      #expect(unread.map(\.text) == ["news 4", "news 3"])
      #expect(try await bench.notifications(anna, unread: false).count == 4)
      #expect(try await read() == 0)
      #expect(try await bench.notifications(bert, unread: true).count == 1)
      bench.close()
    }
  }

  @Test func theNewestThousandAreKept() async throws {
    try await onLoop(within: .seconds(60)) {
      let bench = try await Bench()
      for number in 0..<1010 { _ = try await bench.tell(anna, number) }
      #expect(try await bench.count("notifications") == 1000)
      // A late second one does not bring an old one back.
      #expect(try await !bench.tell(anna, 3))
      var seen: [String] = []
      var cursor: String?
      repeat {
        let page = try await bench.service.listNotifications(
          .init(limit: 100, cursor: cursor), bench.context(anna))
        seen += page.items.map(\.text)
        cursor = page.nextCursor
      } while cursor != nil
      #expect(seen == (10..<1010).reversed().map { "news \($0)" })
      bench.close()
    }
  }

  @Test func anErasedUserIsToldNothingAndTellsNothing() async throws {
    try await onLoop {
      let bench = try await Bench()
      _ = try await bench.tell(anna, 1)
      _ = try await bench.apply(UserChanged(userID: anna, deleted: true, version: 2))
      #expect(try await !bench.tell(anna, 2))
      #expect(try await bench.count("notifications") == 0)
      #expect(try await !bench.tell(bert, 3, .like, actor: anna))
      #expect(try await bench.notifications(bert).isEmpty)
      bench.close()
    }
  }

  @Test func whatCameLongAgoIsForgotten() async throws {
    try await onLoop {
      let bench = try await Bench()
      for number in 0..<3 { _ = try await bench.tell(anna, number) }
      try await bench.pool.write(
        "UPDATE taken_notifications SET taken_at = now() - interval '91 days' WHERE id <> $1",
        [.uuid(Bench.id(2))])
      await Housekeeping(bench.pool).tidy()
      #expect(try await bench.count("taken_notifications") == 1)
      #expect(try await bench.count("notifications") == 3)
      bench.close()
    }
  }

  /// What other features put into this hook goes with the notification, or not at all.
  @Test func theHookIsCalledOnceForWhatIsTold() async throws {
    try await onLoop {
      let bench = try await Bench()
      try await bench.pool.write("CREATE TABLE heard (id uuid)")
      try await bench.pool.write(
        """
        CREATE OR REPLACE FUNCTION notification_applied(
          notification uuid, told uuid, about integer, words text, subject text, actor uuid,
          raised_at timestamptz
        ) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO heard VALUES (notification); END $$
        """)
      _ = try await bench.block(anna, by: bert, true, version: 1)
      for _ in 0..<2 { _ = try await bench.tell(bert, 1, .like, actor: cleo) }
      _ = try await bench.tell(bert, 2, .like, actor: anna)
      _ = try await bench.send("hello", cleo, to: bert)
      #expect(try await bench.count("heard") == 2)
      bench.close()
    }
  }

  @Test func theExportHasAllThatIsKept() async throws {
    try await onLoop {
      let bench = try await Bench()
      for number in 0..<60 { _ = try await bench.send("\(number)", anna, to: bert) }
      _ = try await bench.send("answer", bert, to: anna)
      _ = try await bench.send("elsewhere", cleo, to: bert)
      _ = try await bench.service.setNotificationPreferences(
        .init(like: false), bench.context(anna))
      var items: [ExportItem] = []
      var cursor: String?
      repeat {
        let page = try await bench.service.exportUser(
          .init(userID: anna, cursor: cursor, bytesMax: 2000), bench.context(anna))
        items += page.items
        cursor = page.nextCursor
      } while cursor != nil
      let messages = items.filter { $0.kind == "message" }
      #expect(Set(messages.map(\.data)).count == 61)
      #expect(messages.last?.data.contains("answer") == true)
      #expect(items.filter { $0.kind == "notification" }.count == 1)
      #expect(items.last?.kind == "notification_preferences")
      #expect(items.last?.data.contains("\"like\" : false") == true)
      bench.close()
    }
  }
}
