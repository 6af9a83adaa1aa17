import Contracts
import EventLoop
import Postgres
import Redis
import ServiceKit
import TimeZones
import Wire

/// What sessions add up to: metrics, streaks, statistics, badges, leaderboards, timelines.
public final class Progress {
  /// Hands over rows of the outbox; never fails.
  public typealias Telling = (_ rows: [String], _ context: CallContext) async -> Void

  /// Reads what it takes to know all that was acknowledged for; `CatchUp.upToDate`.
  public typealias Reading = (
    _ context: CallContext, _ read: () async throws -> [UInt8]
  ) async throws -> [UInt8]

  /// What has changed of a user.
  public struct Change: Sendable {
    /// The places on the leaderboards by time may be others.
    public var movesRanks: Bool
  }

  let days: DayStore
  let users: KnownUsers
  let badges: BadgeStore
  let leaderboards: Leaderboards
  let timelines: TimelineStore
  let export: UserExport
  let upToDate: Reading
  private let activity: ActivityStore
  private let cache: MetricsCache
  private let telling: Telling
  private var noting: (_ userID: String, _ change: Change) -> Void = { _, _ in }
  /// Milliseconds since the epoch.
  let now: () -> Int64

  public init(
    _ database: PostgresPool, _ redis: RedisConnection, users: KnownUsers,
    now: @escaping () -> Int64 = { WallClock.milliseconds },
    upToDate: @escaping Reading = { try await $1() },
    telling: @escaping Telling = { _, _ in }
  ) {
    days = DayStore(database)
    badges = BadgeStore(database)
    leaderboards = Leaderboards(database, redis)
    timelines = TimelineStore(database)
    export = Self.export(database)
    activity = ActivityStore(database)
    cache = MetricsCache(redis)
    self.users = users
    self.now = now
    self.upToDate = upToDate
    self.telling = telling
  }

  /// Sets what is called after each change of a user's progress. It must not take long.
  public func whenChanged(_ note: @escaping (_ userID: String, _ change: Change) -> Void) {
    noting = note
  }

  /// Tells of badges that are new, so that their owner's next look at notifications has them.
  func tell(_ rows: [String], _ context: CallContext) async {
    if !rows.isEmpty { await telling(rows, context) }
  }

  /// What became of an event that is counted: who follows the user learns it in the background.
  func settle(
    _ counted: Counted, of userID: String, movesRanks: Bool = false, _ context: CallContext
  ) async -> EventApplied {
    if counted.isNew { noting(userID, Change(movesRanks: movesRanks)) }
    await tell(counted.told, context)
    return EventApplied(changed: counted.isNew)
  }

  /// The same of milestones that their owner had checked.
  func settle(checked rows: [String], of userID: String, _ context: CallContext) async {
    guard !rows.isEmpty else { return }
    noting(userID, Change(movesRanks: false))
    await tell(rows, context)
  }

  /// - Throws: `RPCError` `notFound` where there is no such account.
  func requireAccount(_ userID: String, _ context: CallContext) async throws {
    let (_, _) = try await users.summary(of: userID, context)
  }

  /// The caller's encoded `FocusMetrics`, without its time.
  func metrics(_ context: CallContext) async throws -> [UInt8] {
    let userID = try context.userID
    let (summary, calendar) = try await users.summary(of: userID, context)
    let today = users.today(calendar)
    // Not asked at the same time: a task for it costs more than the wait.
    if let entry = await cache.entry(of: userID), entry.version == summary.version,
      entry.today == today
    {
      return entry.metrics
    }
    let first = calendar.weekStart(of: today)
    guard let snapshot = try await days.snapshot(of: userID, from: first, through: first + 6) else {
      throw Self.noAccount
    }
    // After the version: what is newer than that is never kept under a later one.
    let earned = try await badges.newest(of: userID, limit: Self.metricsBadgesMax)
    let metrics = try FocusMetrics(
      calendar, today: today, week: DayRange(from: first, through: first + 6, snapshot.days),
      streak: StreakRule(active: snapshot.active, excused: snapshot.excused, today: today),
      badges: earned.map { Badge($0) }
    ).bytes()
    // Where the settings have changed meanwhile, the version has too: then this is not kept.
    if snapshot.version == summary.version {
      cache.keep(.init(version: snapshot.version, today: today, metrics: metrics), of: userID)
    }
    return metrics
  }

  /// The newest ones: all of them would be most of an answer that is asked for all the time.
  private static let metricsBadgesMax = 5
  private static let noAccount = RPCError(.notFound, "no_account", "There is no such account.")
}

extension Progress: GamificationService {
  public func getFocusMetrics(
    _ request: GetFocusMetricsRequest, _ context: CallContext
  ) async throws -> FocusMetrics {
    var metrics = try FocusMetrics(bytes: try await metrics(context))
    metrics.serverTime = now()
    return metrics
  }

  public func getStreak(
    _ request: GetStreakRequest, _ context: CallContext
  ) async throws -> Streak {
    let userID = try context.userID
    let (_, calendar) = try await users.summary(of: userID, context)
    let today = users.today(calendar)
    guard let snapshot = try await days.snapshot(of: userID, from: today, through: today) else {
      throw Self.noAccount
    }
    let rule = StreakRule(active: snapshot.active, excused: snapshot.excused, today: today)
    return Streak(rule, zone: calendar.zone)
  }

  public func getStats(_ request: GetStatsRequest, _ context: CallContext) async throws -> Stats {
    let userID = try context.userID
    guard request.userID.lowercased() == userID else {
      throw RPCError(.permissionDenied, "not_yours", "Statistics are shown to their owner only.")
    }
    let (_, calendar) = try await users.summary(of: userID, context)
    let last = users.today(calendar)
    let first = last - (Int(request.days ?? 7) - 1)
    let totals = try await days.days(of: userID, from: first, through: last)
    return Stats(DayRange(from: first, through: last, totals), of: userID)
  }

  public func getTotals(
    _ request: GetTotalsRequest, _ context: CallContext
  ) async throws -> UserTotals {
    let summary = try await users.known(request.userID)
    return UserTotals(
      userID: request.userID, totalFocusTime: Double(summary?.workSeconds ?? 0) / 60,
      totalSessions: UInt32(clamping: summary?.workSessions ?? 0))
  }

  public func applySession(
    _ request: SessionChanged, _ context: CallContext
  ) async throws -> EventApplied {
    guard request.days.allSatisfy({ $0.byHour.count == 24 }) else {
      throw RPCError(.invalidArgument, "malformed", "A day has 24 hours.")
    }
    return await settle(
      try await days.apply(request), of: request.userID,
      movesRanks: request.source == .timer && request.type == .work, context)
  }

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    let counted = try await users.apply(request)
    // Nobody follows an account that is gone.
    guard !request.deleted else { return EventApplied(changed: counted.isNew) }
    return await settle(counted, of: request.userID, movesRanks: true, context)
  }

  public func applyProject(
    _ request: ProjectChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: try await activity.apply(request))
  }

  public func applyTimeEntry(
    _ request: TimeEntryChanged, _ context: CallContext
  ) async throws -> EventApplied {
    await settle(try await activity.apply(request), of: request.userID, context)
  }

  public func applyPost(
    _ request: PostChanged, _ context: CallContext
  ) async throws -> EventApplied {
    await settle(try await activity.apply(request), of: request.userID, context)
  }
}
