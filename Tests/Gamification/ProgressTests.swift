import Contracts
import EventLoopTesting
import Postgres
import Redis
import Testing
import TimeZones
import Wire

@testable import Gamification

/// Auth, as far as settings go.
final class SettingsSource: Transport {
  var user: UserChanged
  private(set) var callCount = 0

  init(_ user: UserChanged) { self.user = user }

  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    callCount += 1
    return try user.bytes()
  }
}

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct ProgressTests {
  private static let userID = "01939f0e-0000-7000-8000-000000000001"
  private let context = CallContext(
    deadlineNanoseconds: .max, caller: Caller(userID: userID, sessionID: "s"))

  private final class Clock {
    /// 2026-11-21T12:00Z.
    var now: Int64 = 1_795_262_400_000
  }

  private struct Parts {
    let pool: PostgresPool
    let auth: SettingsSource
    let users: KnownUsers
    let progress: Progress
    let clock: Clock
  }

  private func parts(zone: String = "Europe/Berlin") async throws -> Parts {
    let pool = try await ServiceDatabase.pool()
    let auth = SettingsSource(
      UserChanged(
        userID: Self.userID, username: "anna", timezone: zone, dayStartHour: 0, weekStart: .monday,
        version: 1))
    let clock = Clock()
    let users = KnownUsers(
      store: SummaryStore(pool), auth: AuthClient(auth), now: { clock.now })
    // Never started: every command fails at once, as when Redis is away.
    let redis = RedisConnection(url: "redis://127.0.0.1:1")
    let progress = Progress(pool, redis, users: users, now: { clock.now })
    return Parts(pool: pool, auth: auth, users: users, progress: progress, clock: clock)
  }

  private func session(
    _ number: Int, version: Int64 = 1, on date: String, seconds: UInt32, type: SessionType = .work
  ) throws -> SessionChanged {
    var hours = [UInt32](repeating: 0, count: 24)
    hours[9] = seconds
    let day = try #require(CivilDate(parsing: date)).daysSinceEpoch
    return SessionChanged(
      sessionID: "01939f0e-0000-7000-8000-00000000010\(number)", userID: Self.userID,
      version: version, type: type, source: .manual, durationSeconds: seconds,
      days: [
        DayShare(
          date: Int32(day), seconds: seconds, sessions: 1, byHour: hours, daySeconds: 86_400)
      ])
  }

  @Test func metricsShowTodayAndTheWeek() async throws {
    try await onLoop {
      let parts = try await parts()
      for event in [
        try session(1, on: "2026-11-21", seconds: 1500),
        try session(2, on: "2026-11-20", seconds: 900),
        try session(3, on: "2026-11-15", seconds: 60),
        try session(4, on: "2026-11-21", seconds: 300, type: .break),
      ] {
        #expect(try await parts.progress.applySession(event, context).changed)
      }
      let metrics = try await parts.progress.getFocusMetrics(.init(), context)
      #expect(parts.auth.callCount == 1)
      #expect(metrics.timezone == "Europe/Berlin")
      #expect(metrics.serverTime == parts.clock.now)
      let (day, week) = (try metrics.shownDay(), try metrics.shownWeek())
      #expect(day.date == "2026-11-21")
      #expect(day.totalSeconds == 1500)
      #expect(day.totalMinutes == 25)
      #expect(day.sessions == 1)
      #expect(day.byHour[9] == 1500)
      #expect(week.start == "2026-11-16")
      #expect(week.end == "2026-11-22")
      #expect(week.totalSeconds == 2400)
      #expect(week.averageSessionSeconds == 1200)
      #expect(week.byDay.count == 7)
      #expect(week.byDay[4].totalSeconds == 900)
      #expect(metrics.byType == #"{"work":2400,"break":300}"#)
      #expect(metrics.streak == #"{"current":2,"longest":2}"#)
      parts.pool.close()
    }
  }

  @Test func statisticsAreOnesOwn() async throws {
    try await onLoop {
      let parts = try await parts()
      _ = try await parts.progress.applySession(
        try session(1, on: "2026-11-19", seconds: 1500), context)
      let stats = try await parts.progress.getStats(.init(userID: Self.userID), context)
      #expect(stats.days == 7)
      #expect(stats.daily.map(\.date).first == "2026-11-15")
      #expect(stats.daily.map(\.date).last == "2026-11-21")
      #expect(stats.totalFocusTime == 25)
      #expect(stats.averageSessionDuration == 25)
      let error = await #expect(throws: RPCError.self) {
        try await parts.progress.getStats(
          .init(userID: "01939f0e-0000-7000-8000-000000000002"), context)
      }
      #expect(error?.code == .permissionDenied)
      let totals = try await parts.progress.getTotals(.init(userID: Self.userID), context)
      #expect(totals.totalFocusTime == 25)
      #expect(totals.totalSessions == 1)
      parts.pool.close()
    }
  }

  @Test func aNewZoneMovesNoPastDayAndBreaksNoStreak() async throws {
    try await onLoop {
      let parts = try await parts(zone: "Pacific/Honolulu")
      // 02:00 on the 21st there; the last session was on the 20th.
      for (number, date) in ["2026-11-19", "2026-11-20"].enumerated() {
        _ = try await parts.progress.applySession(
          try session(number, on: date, seconds: 600), context)
      }
      #expect(try await parts.progress.getStreak(.init(), context).current == 2)
      parts.clock.now += 12 * 3_600_000
      var user = parts.auth.user
      user.timezone = "Pacific/Kiritimati"
      user.version = 2
      #expect(try await parts.progress.applyUser(user, context).changed)
      #expect(try await !parts.progress.applyUser(user, context).changed)
      // There it is the 22nd: the 21st was cut short.
      let streak = try await parts.progress.getStreak(.init(), context)
      #expect(streak.timezone == "Pacific/Kiritimati")
      #expect(streak.lastActiveDate == "2026-11-20")
      #expect(streak.current == 2)
      #expect(streak.atRisk)
      parts.pool.close()
    }
  }

  @Test func aDeletedUserIsErasedAndStaysSo() async throws {
    try await onLoop {
      let parts = try await parts()
      _ = try await parts.progress.applySession(
        try session(1, on: "2026-11-21", seconds: 600), context)
      var user = parts.auth.user
      user.deleted = true
      user.version = 2
      _ = try await parts.progress.applyUser(user, context)
      #expect(
        try await !parts.progress.applySession(
          try session(2, on: "2026-11-21", seconds: 600), context
        ).changed)
      #expect(
        try await parts.progress.getTotals(.init(userID: Self.userID), context).totalSessions == 0)
      parts.pool.close()
    }
  }

  @Test func aDeletedUsersProjectsStayUnnamed() async throws {
    try await onLoop {
      let parts = try await parts()
      var project = ProjectChanged(
        projectID: "01939f0e-0000-7000-8000-0000000000b1", ownerID: Self.userID, name: "Thesis",
        visibility: .public, version: 1, createdMs: parts.clock.now)
      #expect(try await parts.progress.applyProject(project, context).changed)
      #expect(try await !parts.progress.applyProject(project, context).changed)
      let before = try await parts.progress.getTimeline(.init(), context)
      #expect(before.items.map(\.text) == ["Project created: Thesis"])

      var user = parts.auth.user
      user.deleted = true
      user.version = 2
      _ = try await parts.progress.applyUser(user, context)
      project.version = 2
      _ = try await parts.progress.applyProject(project, context)
      let rows = try await parts.pool.read("SELECT name, is_public, gone FROM projects")
      #expect(rows.first?.string("name") == "")
      #expect(rows.first?.bool("is_public") == false)
      #expect(rows.first?.bool("gone") == true)
      parts.pool.close()
    }
  }

  @Test func anAwardRaisesOneNotification() async throws {
    try await onLoop {
      let parts = try await parts()
      var first = try session(1, on: "2026-11-21", seconds: 1500)
      _ = try await parts.progress.applySession(first, context)
      let rows = try await parts.pool.read("SELECT id, topic, payload FROM outbox")
      #expect(rows.count == 1)
      let row = try #require(rows.first)
      #expect(row.string("topic") == "notification.raised")
      let told = try NotificationRaised(bytes: row.bytes("payload"))
      #expect(told.id == row.uuid("id"))
      #expect(told.userID == Self.userID)
      #expect(told.kind == .badgeAwarded)
      #expect(told.text == "Badge earned: First Focus")
      #expect(told.subjectID == "0193a000-0000-7000-8000-000000000001")
      #expect(told.createdMs > 1_700_000_000_000)

      // Lost and won again: the same notification.
      first.version = 2
      first.deleted = true
      first.days = []
      _ = try await parts.progress.applySession(first, context)
      let left = try await parts.progress.badges.newest(of: Self.userID, limit: 5)
      #expect(left == [])
      _ = try await parts.progress.applySession(
        try session(2, on: "2026-11-21", seconds: 1500), context)
      let again = try await parts.pool.read("SELECT id FROM outbox")
      #expect(again.map { $0.uuid("id") } == [told.id])
      parts.pool.close()
    }
  }

  private func call(
    _ dispatcher: ProgressDispatcher, _ method: UInt32, _ request: some Message,
    in body: UnsafeMutableRawBufferPointer
  ) async throws -> [UInt8] {
    let bytes = try request.bytes()
    let body = UnsafeMutableRawBufferPointer(rebasing: body[..<bytes.count])
    body.copyBytes(from: bytes)
    return try await dispatcher.dispatch(method, UnsafeRawBufferPointer(body), context)
  }

  @Test func readsAreMadeAgainAsOftenAsItTakes() async throws {
    try await onLoop {
      let parts = try await parts()
      var rounds = 0
      let body = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)
      defer { body.deallocate() }
      let progress = Progress(
        parts.pool, RedisConnection(url: "redis://127.0.0.1:1"), users: parts.users,
        now: { parts.clock.now },
        upToDate: { _, read in
          for _ in 0..<2 {
            rounds += 1
            _ = try await read()
            // What a request is read from is another's by now.
            body.initializeMemory(as: UInt8.self, repeating: 0xFF)
          }
          return try await read()
        })
      let dispatcher = ProgressDispatcher(progress)
      let stats = try Stats(
        bytes: await call(
          dispatcher, GamificationMethods.getStats, GetStatsRequest(userID: Self.userID, days: 7),
          in: body))
      #expect(stats.userID == Self.userID)
      #expect(rounds == 2)
      _ = try await call(
        dispatcher, GamificationMethods.getFocusMetrics, GetFocusMetricsRequest(), in: body)
      #expect(rounds == 4)
      // Those are what reads wait for.
      _ = try await call(
        dispatcher, GamificationMethods.applySession,
        try session(1, on: "2026-11-21", seconds: 1500), in: body)
      #expect(rounds == 4)
      parts.pool.close()
    }
  }

  @Test func theServersTimeIsAFieldOfTheEncodedMetrics() throws {
    var bytes = try FocusMetrics(timezone: "UTC", streak: "{}").bytes()
    ProgressDispatcher.append(serverTime: 1_795_262_400_123, to: &bytes)
    let metrics = try FocusMetrics(bytes: bytes)
    #expect(metrics.serverTime == 1_795_262_400_123)
    #expect(metrics.timezone == "UTC")
    #expect(metrics.streak == "{}")
  }
}
