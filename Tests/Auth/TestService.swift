import Contracts
import EventLoop
import EventLoopTesting
import Events
import Postgres
import RPC
import Security
import Testing
import Wire

@testable import Auth

/// The service with a database of its own, called as over the wire, by a clock that tests move.
final class TestService {
  static let password = Secret("correct horse battery staple")
  static let start: Int64 = 1_800_000_000_000

  let pool: PostgresPool
  let accounts: Accounts
  let client: AuthClient
  let gamification = TestGamification()
  let key = SigningKey.generate()
  let clock = TestClock()
  let outbox: Outbox
  let mailbox = TestMailbox()
  let mails: MailOutbox
  /// What consumers were told.
  private(set) var events: [UserChanged] = []

  init(passwords: PasswordHashing = PasswordHashing(cost: .cheapest), totpKey: Secret? = nil)
    async throws
  {
    pool = try await TestDatabase.pool()
    outbox = Outbox(pool: pool)
    mails = MailOutbox(pool: pool, now: { [clock] in clock.now }) { [mailbox] mail in
      try mailbox.take(mail)
    }
    let signer = JWTSigner(key: key, issuer: "focal", audience: "test")
    accounts = Accounts(
      pool: pool, outbox: outbox, mails: mails,
      gamification: InProcessTransport(gamification),
      tokens: TokenIssuer(signer: signer, lifetimeMinutes: 15), passwords: passwords,
      totpKey: totpKey, now: { [clock] in clock.now })
    client = AuthClient(InProcessTransport(AuthDispatcher(accounts)))
    outbox.subscribe("test", to: "user.changed") { [weak self] payload, _ in
      self?.events.append(try UserChanged(bytes: payload))
    }
  }

  isolated deinit { pool.close() }

  /// A call of who has these tokens; without, of nobody.
  func context(_ tokens: Tokens? = nil, userAgent: String = "browser") throws -> CallContext {
    var context = CallContext(
      deadlineNanoseconds: Deadline.after(.seconds(10)).nanoseconds,
      client: ClientInfo(ip: "192.0.2.1", userAgent: userAgent))
    if let tokens { context.caller = try claims(tokens).caller }
    return context
  }

  func claims(_ tokens: Tokens) throws -> AccessToken {
    let verifier = JWTVerifier(keys: [key.verificationKey], issuer: "focal", audience: "test")
    return try verifier.verify(tokens.accessToken.reveal(), now: Int(clock.now / 1000))
  }

  func register(_ email: String, username: String? = nil) async throws -> Tokens {
    try await client.register(
      RegisterRequest(email: email, password: Self.password, username: username), context())
  }

  func login(
    _ email: String, _ password: Secret = TestService.password, userAgent: String = "browser"
  ) async throws -> Tokens {
    try await client.login(
      LoginRequest(email: email, password: password), context(userAgent: userAgent))
  }

  func refresh(_ tokens: Tokens) async throws -> Tokens {
    try await client.refresh(RefreshRequest(refreshToken: tokens.refreshToken), context())
  }

  /// The token of the last mail of a kind, once all that is due was sent.
  func mailedToken(_ subject: String) async throws -> Secret {
    await mails.sendAll()
    // One may be on its way by a worker that the call has woken.
    var turns = 200
    while mailbox.mails.last(where: { $0.subject.contains(subject) }) == nil, turns > 0 {
      turns -= 1
      try await pool.check()
    }
    let mail = try #require(mailbox.mails.last { $0.subject.contains(subject) })
    let line = try #require(mail.text.split(separator: "\n").first { $0.utf8.count == 43 })
    return Secret(String(line))
  }

  /// All revocations from a cursor on, and the cursor behind them.
  func revocations(
    after cursor: RevocationCursor? = nil
  ) async throws -> (sessionIDs: [String], cursor: RevocationCursor?) {
    var found: [String] = []
    var reply = ListRevocationsReply(cursor: cursor, more: true)
    while reply.more {
      reply = try await client.listRevocations(
        ListRevocationsRequest(cursor: reply.cursor), context())
      found += reply.items.map(\.sessionID)
    }
    return (found, reply.cursor)
  }

  func count(_ table: String) async throws -> Int {
    try await pool.read(Query(unprepared: "SELECT count(*) AS count FROM \(table)"))[0].int("count")
  }
}

/// Where mails go.
final class TestMailbox {
  private(set) var mails: [AccountMail] = []
  var isAway = false

  func take(_ mail: AccountMail) throws {
    if isAway { throw RPCError(.unavailable, "away", "The mail server is away.") }
    mails.append(mail)
  }
}

final class TestClock {
  /// Milliseconds since the epoch.
  var now = TestService.start

  func advance(seconds: Int64) { now += seconds * 1000 }
}

/// Gamification, as far as auth asks it: whatever the call, the totals.
final class TestGamification: Dispatcher {
  static let service = "gamification"

  var totals = UserTotals(totalFocusTime: 30.5, totalSessions: 2)
  var isAway = false

  func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    if isAway { throw RPCError(.unavailable, "not_connected", "The service is away.") }
    return try totals.bytes()
  }
}

/// What a call is refused with.
func refusal(_ body: () async throws -> some Any) async -> RPCError? {
  do {
    _ = try await body()
    return nil
  } catch {
    return error as? RPCError
  }
}

/// What `count` calls at once give.
func parallel<Value: Sendable>(
  _ count: Int, _ body: @escaping () async -> Value
) async -> [Value] {
  let tasks = (0..<count).map { _ in Task { await body() } }
  var values: [Value] = []
  for task in tasks { values.append(await task.value) }
  return values
}
