import Contracts
import Events
import Postgres
import Testing
import Wire

@testable import Sessions

/// Auth, as far as settings go.
final class SettingsSource: Transport {
  var user: UserChanged
  private(set) var callCount = 0

  init(_ user: UserChanged) { self.user = user }

  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    callCount += 1
    var answer = user
    // Everybody has the same settings.
    answer.userID = try GetSettingsRequest(bytes: body).userID
    return try answer.bytes()
  }
}

/// The service on a database of its own, with a clock that is set by hand.
final class Bench {
  let userID = "01939f0e-0000-7000-8000-00000000000a"
  let pool: PostgresPool
  let auth: SettingsSource
  var now: Int64 = 1_795_262_400_000  // 2026-11-21T12:00Z
  private(set) var delivered: [Event] = []
  private(set) var service: FocusSessions!
  private(set) var projects: Projects!
  private(set) var entries: TimeEntries!

  init() async throws {
    pool = try await ServiceDatabase.pool()
    auth = SettingsSource(
      UserChanged(
        userID: userID, username: "anna", timezone: "Europe/Berlin", dayStartHour: 0,
        weekStart: .monday, version: 1))
    let users = KnownUsers(store: SettingsStore(pool), auth: AuthClient(auth))
    let now = { [unowned self] in self.now }
    let deliver: FocusSessions.Delivery = { [unowned self] event, _ in delivered.append(event) }
    service = FocusSessions(
      store: SessionStore(pool), projects: ProjectStore(pool), users: users,
      export: FocusSessions.export(pool), now: now, deliver: deliver)
    projects = Projects(
      store: ProjectStore(pool), members: MemberStore(pool), users: users, now: now,
      deliver: deliver)
    entries = TimeEntries(
      store: EntryStore(pool), activity: ActivityStore(pool), projects: ProjectStore(pool),
      users: users, now: now, deliver: deliver)
  }

  var context: CallContext { context(of: userID) }

  func context(of userID: String) -> CallContext {
    CallContext(deadlineNanoseconds: .max, caller: Caller(userID: userID, sessionID: "s"))
  }

  var events: [SessionChanged] {
    get throws { try delivered.map { try SessionChanged(bytes: $0.payload) } }
  }

  func outboxRows() async throws -> Int {
    try await pool.read("SELECT count(*) AS rows FROM outbox").first?.int("rows") ?? 0
  }

  func expect<Value>(
    _ code: RPCError.Code, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
  ) async {
    let error = await #expect(throws: RPCError.self, sourceLocation: sourceLocation) {
      try await body()
    }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
  }

  /// Calls `body` so many times at once.
  func times<Value: Sendable>(
    _ count: Int, _ body: @escaping @MainActor () async -> Value
  ) async -> [Value] {
    let tasks = (0..<count).map { _ in Task { await body() } }
    var values: [Value] = []
    for task in tasks { values.append(await task.value) }
    return values
  }

  func close() { pool.close() }
}
