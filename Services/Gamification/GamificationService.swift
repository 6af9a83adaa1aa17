import Contracts
import EventLoop
import TimeZones
import Wire

/// What sessions add up to: metrics, streaks, statistics.
public final class Progress {
  private let days: DayStore
  private let users: KnownUsers
  private let cache: MetricsCache
  /// Milliseconds since the epoch.
  private let now: () -> Int64

  public init(
    days: DayStore, users: KnownUsers, cache: MetricsCache,
    now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    self.days = days
    self.users = users
    self.cache = cache
    self.now = now
  }

  /// The caller's encoded `FocusMetrics`, without its time.
  func metrics(_ context: CallContext) async throws -> [UInt8] {
    let userID = try context.userID
    // Asked at the same time: what is cached, and whether it still holds.
    async let cached = cache.entry(of: userID)
    let (summary, calendar) = try await users.summary(of: userID, context)
    let today = users.today(calendar)
    if let entry = await cached, entry.version == summary.version, entry.today == today {
      return entry.metrics
    }
    let first = calendar.weekStart(of: today)
    guard let snapshot = try await days.snapshot(of: userID, from: first, through: first + 6) else {
      throw Self.noAccount
    }
    let metrics = try FocusMetrics(
      calendar, today: today, week: DayRange(from: first, through: first + 6, snapshot.days),
      streak: StreakRule(active: snapshot.active, excused: snapshot.excused, today: today)
    ).bytes()
    // Where the settings have changed meanwhile, the version has too: then this is not kept.
    if snapshot.version == summary.version {
      cache.keep(.init(version: snapshot.version, today: today, metrics: metrics), of: userID)
    }
    return metrics
  }

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
    return EventApplied(changed: try await days.apply(request))
  }

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: try await users.apply(request))
  }

  public func applyProject(
    _ request: ProjectChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }

  public func applyTimeEntry(
    _ request: TimeEntryChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }

  public func applyPost(
    _ request: PostChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }
}

extension CallContext {
  fileprivate var userID: String {
    get throws(RPCError) {
      guard let caller else {
        throw RPCError(.unauthenticated, "no_caller", "Nobody is signed in.")
      }
      return caller.userID
    }
  }
}
