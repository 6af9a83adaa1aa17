import Contracts
import EventLoop
import EventLoopTesting
import Live
import Postgres
import Redis
import Testing
import TimeZones
import Wire

@testable import Gamification

/// Who follows, and what they are told.
private final class Followers {
  var followed: Set<String> = []
  var told: [LiveEvent] = []
  var questions: [[String]] = []
  var isAway = false

  struct Away: Error {}

  func among(_ userIDs: [String]) throws -> Set<String> {
    questions.append(userIDs)
    if isAway { throw Away() }
    return followed.intersection(userIDs)
  }

  func of(_ type: LiveType) -> [LiveEvent] { told.filter { $0.type == type } }
}

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct LiveProgressTests {
  private static let anna = "01939f0e-0000-7000-8000-00000000000a"
  private static let bert = "01939f0e-0000-7000-8000-00000000000b"
  private let now: Int64 = 1_795_262_400_000

  private struct Parts {
    let pool: PostgresPool
    let progress: Progress
    let live: LiveProgress
    let followers: Followers
  }

  private func parts() async throws -> Parts {
    let pool = try await ServiceDatabase.pool()
    let users = KnownUsers(
      store: SummaryStore(pool),
      auth: AuthClient(
        SettingsSource(
          UserChanged(
            userID: Self.anna, username: "anna", timezone: "UTC", weekStart: .monday, version: 1))),
      now: { now })
    let progress = Progress(
      pool, RedisConnection(url: "redis://127.0.0.1:1"), users: users, now: { now })
    let followers = Followers()
    let live = LiveProgress(
      progress, audience: { try followers.among($0) }, publish: { followers.told.append($0) })
    progress.whenChanged { live.changed($0, $1) }
    return Parts(pool: pool, progress: progress, live: live, followers: followers)
  }

  private func session(
    _ number: Int, of userID: String, source: SessionSource = .manual, version: Int64 = 1
  ) -> SessionChanged {
    var hours = [UInt32](repeating: 0, count: 24)
    hours[9] = 60
    return SessionChanged(
      sessionID: "01939f0e-0000-7000-8000-0000000001" + String(10 + number), userID: userID,
      version: version, type: .work, source: source, endMs: now, durationSeconds: 60,
      days: [
        DayShare(
          date: Int32(now / 86_400_000), seconds: 60, sessions: 1, byHour: hours,
          daySeconds: 86_400)
      ])
  }

  private func apply(_ session: SessionChanged, _ parts: Parts) async throws -> Bool {
    try await parts.progress.applySession(session, CallContext(deadlineNanoseconds: .max)).changed
  }

  private func context(_ userID: String) -> CallContext {
    CallContext(deadlineNanoseconds: .max, caller: Caller(userID: userID, sessionID: "s"))
  }

  @Test func manyChangesEndWithTheStateThatIsThere() async throws {
    try await onLoop {
      let parts = try await parts()
      parts.followers.followed = [Self.anna]
      for number in 0..<20 { _ = try await apply(session(number, of: Self.anna), parts) }
      let wanted = try Schemas.transcoder.json(
        of: await parts.progress.getFocusMetrics(.init(), context(Self.anna)))
      await eventually("the newest metrics are told") {
        parts.followers.of(.metricsUpdated).last?.data == wanted
      }
      #expect(parts.followers.of(.metricsUpdated).count < 20)
      #expect(parts.followers.told.allSatisfy { $0.userID == Self.anna })
      // What was logged by hand moves no place.
      #expect(parts.followers.of(.leaderboardUpdated).isEmpty)
      parts.pool.close()
    }
  }

  @Test func aTimedSessionTellsTheOwnPlaces() async throws {
    try await onLoop {
      let parts = try await parts()
      parts.followers.followed = [Self.anna]
      _ = try await apply(session(1, of: Self.anna, source: .timer), parts)
      await eventually("the places are told") { !parts.followers.of(.leaderboardUpdated).isEmpty }
      let board = try await parts.progress.getTodayLeaderboard(.init(), context(Self.anna))
      let data = parts.followers.of(.leaderboardUpdated).last?.data ?? ""
      #expect(data.hasPrefix(#"{"by":"time","windows":[{"window":"today","#))
      #expect(data.contains(try Schemas.transcoder.json(of: try #require(board.me))))
      parts.pool.close()
    }
  }

  @Test func whomNobodyFollowsIsAskedForOnceAndToldNothing() async throws {
    try await onLoop {
      let parts = try await parts()
      parts.followers.followed = [Self.anna]
      for number in 0..<10 { _ = try await apply(session(number, of: Self.bert), parts) }
      #expect(try await !apply(session(3, of: Self.bert), parts))
      await eventually("somebody was asked") { !parts.followers.questions.isEmpty }
      _ = try await apply(session(20, of: Self.anna), parts)
      await eventually("another one is told") {
        !parts.followers.of(.metricsUpdated).isEmpty
      }
      #expect(parts.followers.told.allSatisfy { $0.userID == Self.anna })
      #expect(parts.followers.questions.count < 8)
      parts.pool.close()
    }
  }

  @Test func whatCouldNotBeToldIsToldLater() async throws {
    try await onLoop {
      let parts = try await parts()
      parts.followers.followed = [Self.anna]
      parts.followers.isAway = true
      _ = try await apply(session(1, of: Self.anna), parts)
      await eventually("it was tried") { !parts.followers.questions.isEmpty }
      parts.followers.isAway = false
      await eventually("it is told") {
        parts.followers.of(.metricsUpdated).last?.data.contains(#""sessions":1"#) == true
      }
      parts.pool.close()
    }
  }

  @Test func aBadgeIsToldAsItsListShowsIt() async throws {
    try await onLoop {
      let parts = try await parts()
      parts.followers.followed = [Self.anna]
      _ = try await apply(session(1, of: Self.anna), parts)
      let rows = try await parts.pool.read(
        "SELECT payload FROM outbox WHERE topic = 'notification.raised'")
      let raised = try rows.map { try NotificationRaised(bytes: $0.bytes("payload")) }
      let first = try #require(raised.first)
      for _ in 0..<2 { try await parts.live.tell(first) }
      let told = parts.followers.of(.badgeAwarded)
      // Of the same id both times, so that nobody hears it twice.
      #expect(told.map(\.id) == Array(repeating: "badge:\(first.id)", count: 2))
      let badges = try await parts.progress.listBadges(.init(), context(Self.anna)).items
      let badge = try #require(badges.first { $0.id == first.subjectID })
      #expect(told.first?.data == (try Schemas.transcoder.json(of: badge)))
      parts.followers.followed = []
      try await parts.live.tell(first)
      #expect(parts.followers.of(.badgeAwarded).count == 2)
      parts.pool.close()
    }
  }
}

/// Turns until `condition` holds; records an issue if it does not within 5 s.
private func eventually(
  _ what: String, location: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) async {
  let deadline = Deadline.after(.seconds(5))
  while !condition() {
    if deadline.hasPassed {
      Issue.record("never: \(what)", sourceLocation: location)
      return
    }
    await Task.yield()
  }
}
