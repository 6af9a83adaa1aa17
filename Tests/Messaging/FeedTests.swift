import Contracts
import EventLoopTesting
import Events
import Security
import Testing
import Wire

@testable import Messaging

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct FeedTests {
  private let anna = Bench.anna
  private let bert = Bench.bert

  /// The service with its feeds; `followed` are those whom somebody follows.
  private final class Setting {
    let bench: Bench
    var followed: Set<String> = []
    var committed: [[String]] = []
    private(set) var feeds: Feeds!

    init() async throws {
      bench = try await Bench()
      feeds = Feeds(
        bench.pool, audience: { [unowned self] in followed.intersection($0) },
        now: { [unowned self] in bench.now }, committed: { [unowned self] in committed.append($0) })
    }

    func rows(_ topic: String) async throws -> [[UInt8]] {
      try await bench.pool.read("SELECT payload FROM outbox WHERE topic = $1", [.string(topic)])
        .map { $0.bytes("payload") }
    }

    /// A webhook of a user's, made without its desk.
    func addWebhook(of userID: String, events: Int32) async throws {
      try await bench.pool.write(
        """
        INSERT INTO webhooks (id, user_id, url, events, secret, created_at)
        VALUES (gen_random_uuid(), $1, 'https://example.com/', $2, 'x', now())
        """, [.uuid(userID), .int32(events)])
    }

    func session(_ number: Int = 1, of userID: String, completed: Bool = true) -> SessionChanged {
      SessionChanged(
        sessionID: Bench.id(number), userID: userID, version: 1, type: .work, source: .manual,
        startMs: bench.now - 1_500_000, endMs: bench.now, durationSeconds: 1500,
        roomID: Bench.id(9), completed: completed)
    }

    func apply(_ sessions: SessionChanged...) async throws {
      try await feeds.applySessions(
        sessions.map { try Event(topic: "session.changed", $0) },
        CallContext(deadlineNanoseconds: .max))
    }
  }

  @Test func aMessageIsToldInItsOwnTransaction() async throws {
    try await onLoop {
      let setting = try await Setting()
      let bench = setting.bench
      let texts = ["hello", "ü" + String(repeating: "😀", count: 3999)]
      var sent: [DirectMessage] = []
      for text in texts { sent.append(try await bench.send(text, anna, to: bert)) }
      let rows = try await setting.rows(UserFeed.messages)
      let told = try rows.map { try DirectMessage(bytes: $0) }
      #expect(Set(told) == Set(sent))
      let events = try UserFeed.events(of: sent[0], at: 5)
      #expect(events.map(\.userID) == [bert, anna])
      #expect(events.map(\.type) == [.messageReceived, .messageReceived])
      #expect(events.map(\.data) == Array(repeating: try json(sent[0]), count: 2))
      #expect(Set(events.map(\.id)) == ["message:\(sent[0].id)"])
      bench.close()
    }
  }

  private func json(_ message: some Message) throws -> String {
    try Schemas.transcoder.json(of: message)
  }

  @Test func whatIsListedIsTold() async throws {
    try await onLoop {
      let setting = try await Setting()
      let bench = setting.bench
      for _ in 0..<2 { _ = try await bench.tell(anna, 1, .like, actor: bert) }
      let rows = try await setting.rows(UserFeed.notifications)
      let told = try rows.map { try NotificationRaised(bytes: $0) }
      #expect(
        told == [
          NotificationRaised(
            id: Bench.id(1), userID: anna, kind: .like, text: "news 1", subjectID: "x",
            actorID: bert, createdMs: bench.now)
        ])
      let event = try UserFeed.event(of: told[0], at: 5)
      let listed = try await bench.notifications(anna)
      #expect(event.data == (try json(listed[0])))
      #expect(event.userID == anna)
      bench.close()
    }
  }

  @Test func whatIsNotListedIsNotTold() async throws {
    try await onLoop {
      let setting = try await Setting()
      let bench = setting.bench
      _ = try await bench.block(anna, by: bert, true, version: 1)
      _ = try await bench.tell(bert, 1, .like, actor: anna)
      _ = try await bench.service.setNotificationPreferences(
        .init(message: false), bench.context(anna))
      _ = try await bench.send("hello", bert, to: anna)
      #expect(try await setting.rows(UserFeed.notifications).isEmpty)
      #expect(try await setting.rows(UserFeed.messages).count == 1)
      bench.close()
    }
  }

  @Test func aCompletedSessionIsToldOnce() async throws {
    try await onLoop {
      let setting = try await Setting()
      setting.followed = [anna]
      try await setting.addWebhook(of: anna, events: 1 << 7)
      try await setting.addWebhook(of: anna, events: 1 << 4)
      let session = setting.session(of: anna)
      _ = try await setting.bench.times(50) { _ in try await setting.apply(session, session) }
      #expect(try await setting.bench.count("webhook_deliveries") == 1)
      let rows = try await setting.rows(UserFeed.events)
      let events = try rows.map { try LiveEvent(bytes: $0) }
      #expect(events.map(\.data) == [try json(CompletedSession(session))])
      #expect(events.map(\.userID) == [anna])
      #expect(events.map(\.type) == [.sessionCompleted])
      #expect(setting.committed == [[session.sessionID]])
      setting.bench.close()
    }
  }

  @Test func whatNobodyWantsToKnowLeavesNothing() async throws {
    try await onLoop {
      let setting = try await Setting()
      try await setting.apply(setting.session(of: anna))
      setting.followed = [anna]
      try await setting.apply(setting.session(of: anna, completed: false))
      var gone = setting.session(of: anna)
      gone.deleted = true
      try await setting.apply(gone)
      #expect(setting.committed.isEmpty)
      #expect(try await setting.bench.count("told_sessions") == 0)
      #expect(try await setting.bench.count("outbox") == 0)
      // Told late is told too.
      try await setting.apply(setting.session(of: anna))
      #expect(setting.committed.count == 1)
      setting.bench.close()
    }
  }

  @Test func ofManyTogetherEachIsToldToWhoeverWantsIt() async throws {
    try await onLoop {
      let setting = try await Setting()
      setting.followed = [anna]
      try await setting.addWebhook(of: bert, events: 1 << 7)
      let anna = setting.session(1, of: anna)
      let bert = setting.session(2, of: bert)
      let nobodys = setting.session(3, of: Bench.id(100))
      let open = setting.session(4, of: self.anna, completed: false)
      try await setting.apply(nobodys, bert, open, anna)
      #expect(setting.committed == [[anna.sessionID]])
      #expect(try await setting.bench.count("told_sessions") == 2)
      #expect(try await setting.bench.count("webhook_deliveries") == 1)
      // What comes again beside something new is told no more.
      let next = setting.session(5, of: self.anna)
      try await setting.apply(anna, bert, next)
      #expect(setting.committed == [[anna.sessionID], [next.sessionID]])
      #expect(try await setting.bench.count("webhook_deliveries") == 1)
      setting.bench.close()
    }
  }

  @Test func whoseASessionIsShowsWithoutDecoding() throws {
    let event = try Event(topic: "x", SessionChanged(sessionID: Bench.id(1), userID: anna))
    #expect(try Feeds.user(of: event)?.text == anna)
    #expect(try Feeds.user(of: Event(topic: "x", SessionChanged(sessionID: "a"))) == nil)
    // As malformed as a session can be: a message whose first field is a number.
    let other = try Event(topic: "x", UserState(unreadMessages: 7))
    #expect(throws: WireError.self) { try Feeds.user(of: other) }
  }

  @Test func nobodyIsToldOfADeletedAccount() async throws {
    try await onLoop {
      let setting = try await Setting()
      setting.followed = [anna]
      _ = try await setting.bench.apply(UserChanged(userID: anna, deleted: true, version: 2))
      try await setting.apply(setting.session(of: anna))
      #expect(setting.committed.isEmpty)
      #expect(try await setting.bench.count("outbox") == 0)
      setting.bench.close()
    }
  }

  @Test func aWebhookGetsOneDeliveryAtATime() async throws {
    try await onLoop {
      let setting = try await Setting()
      try await setting.addWebhook(of: anna, events: 1 << 7)
      try await setting.addWebhook(of: bert, events: 1 << 7)
      for number in 1...3 {
        for user in [anna, bert] {
          try await setting.apply(setting.session(number + (user == anna ? 0 : 10), of: user))
        }
      }
      let store = DeliveryStore(
        database: setting.bench.pool, seal: WebhookSeal(SecretSeal("tests", key: nil)))
      let claims = try await setting.bench.times(8) { _ in try await store.claim(atMost: 10) }
      let first = claims.flatMap(\.self)
      #expect(first.count == 2 && Set(first.map(\.webhookID)).count == 2)
      guard case .session(let data) = first[0].content else {
        Issue.record("no session")
        return
      }
      #expect(data.contains("\"duration_minutes\":25"))
      try await store.settle(first[0], status: 200, error: nil, delivered: true, delay: nil)
      let next = try await store.claim(atMost: 10)
      #expect(next.map(\.webhookID) == [first[0].webhookID])
      #expect(next.map(\.number) != [first[0].number])
      // Given back, it is anybody's at once, and its attempt does not count.
      try await store.release(next[0])
      let again = try await store.claim(atMost: 10)
      #expect(again.map(\.number) == next.map(\.number))
      #expect(again.map(\.attempts) == [1])
      setting.bench.close()
    }
  }

  @Test func theStateHasBothCounts() async throws {
    try await onLoop {
      let setting = try await Setting()
      _ = try await setting.bench.send("hello", anna, to: bert)
      _ = try await setting.bench.tell(bert, 1)
      let state = try await setting.feeds.getUserState(.init(), setting.bench.context(bert))
      #expect(state == UserState(unreadMessages: 1, unreadNotifications: 2))
      setting.bench.close()
    }
  }
}
