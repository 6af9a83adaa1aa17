import Contracts
import EventLoopTesting
import Foundation
import Redis
import Testing
import TimeZones
import Wire

@testable import Gamification

private nonisolated let redisURL = ProcessInfo.processInfo.environment["FOCAL_TEST_REDIS_URL"]

@Suite(
  .enabled(
    if: ServiceDatabase.url != nil && redisURL != nil,
    "FOCAL_TEST_DATABASE_URL and FOCAL_TEST_REDIS_URL are not set"))
struct MetricsCacheTests {
  @Test func whatIsCachedCountsOnlyWhileItHolds() async throws {
    try await onLoop {
      let userID = UUID().uuidString.lowercased()
      let context = CallContext(
        deadlineNanoseconds: .max, caller: Caller(userID: userID, sessionID: "s"))
      let pool = try await ServiceDatabase.pool()
      let redis = RedisConnection(url: redisURL ?? "")
      redis.start()
      try await redis.check()
      let cache = MetricsCache(redis)
      var now: Int64 = 1_795_262_400_000
      let auth = SettingsSource(
        UserChanged(userID: userID, timezone: "UTC", weekStart: .monday, version: 1))
      let progress = Progress(
        pool, redis,
        users: KnownUsers(store: SummaryStore(pool), auth: AuthClient(auth), now: { now }),
        now: { now })

      let empty = try await progress.metrics(context)
      let entry = try #require(await Self.entry(cache, userID))
      #expect(entry.metrics == empty)

      // A hit gives back what is cached, whatever that is.
      cache.keep(
        .init(version: entry.version, today: entry.today, metrics: [1, 2, 3]), of: userID)
      #expect(try await progress.metrics(context) == [1, 2, 3])

      // The next day, and after a change, it no longer holds.
      now += 86_400_000
      let tomorrow = try await FocusMetrics(bytes: progress.metrics(context))
      #expect(try tomorrow.shownDay().date == "2026-11-22")
      let day = DayShare(
        date: Int32(entry.today.daysSinceEpoch + 1), seconds: 60, sessions: 1,
        byHour: [60] + [UInt32](repeating: 0, count: 23), daySeconds: 86_400)
      _ = try await progress.applySession(
        SessionChanged(
          sessionID: UUID().uuidString.lowercased(), userID: userID, version: 1, type: .work,
          source: .timer, days: [day]), context)
      let changed = try await FocusMetrics(bytes: progress.metrics(context))
      #expect(try changed.shownDay().totalSeconds == 60)

      // Neither nonsense nor nothing in Redis changes an answer.
      _ = try await redis.command("SET", MetricsCache.key(userID), "x")
      #expect(try await FocusMetrics(bytes: progress.metrics(context)) == changed)
      _ = try await redis.command("DEL", MetricsCache.key(userID))
      #expect(try await FocusMetrics(bytes: progress.metrics(context)) == changed)
      redis.close()
      pool.close()
    }
  }

  /// The entry, which is written without anybody waiting for it.
  private static func entry(_ cache: MetricsCache, _ userID: String) async -> MetricsCache.Entry? {
    for _ in 0..<100 {
      if let entry = await cache.entry(of: userID) { return entry }
    }
    return nil
  }
}
