import Contracts
import EventLoop
import EventLoopTesting
import Postgres
import Redis
import Testing
import TimeZones
import Wire

@testable import Gamification

struct BoardWindowTests {
  /// 2026-11-21T12:00Z, a Saturday.
  private let now: Int64 = 1_795_262_400_000

  @Test func windowsTurnAtMidnightInUTC() {
    let day = BoardWindow(.day, at: now)
    #expect(day.startsAt == 1_795_219_200_000)
    #expect(day.resetsAt == 1_795_305_600_000)
    #expect(BoardWindow(.day, at: 1_795_305_600_000 - 1) == day)
    #expect(BoardWindow(.day, at: 1_795_305_600_000) != day)
  }

  @Test func weeksBeginOnMondayAndMonthsOnTheFirst() {
    func dates(_ span: BoardWindow.Span) -> [String] {
      let window = BoardWindow(span, at: now)
      return [window.firstDay, window.endDay ?? 0].map { "\(CivilDate(daysSinceEpoch: $0))" }
    }
    #expect(dates(.week) == ["2026-11-16", "2026-11-23"])
    #expect(dates(.month) == ["2026-11-01", "2026-12-01"])
    #expect(BoardWindow(.overall, at: now).resetsAt == nil)
    #expect(BoardWindow(.overall, at: now) == BoardWindow(.overall, at: 0))
  }

  @Test func whoHaveTheSameShareARank() {
    let ranking = Ranking(
      top: [("d", 9), ("c", 5), ("b", 5), ("a", 1)], of: "x", score: 0, above: 4)
    #expect(ranking.top.map(\.rank) == [1, 2, 2, 4])
    #expect(ranking.mine.rank == 5)
  }
}

@Suite(
  .enabled(
    if: ServiceDatabase.url != nil && ServiceDatabase.redisURL != nil,
    "FOCAL_TEST_DATABASE_URL and FOCAL_TEST_REDIS_URL are not set"))
struct LeaderboardTests {
  private static let userCount = 10
  private static let rounds = 30

  /// Several processes that write and rank at the same time, while Redis loses what it has, and
  /// PostgreSQL seems to have crashed: whoever asks sees what was acknowledged before.
  @Test func everybodySeesWhatWasAcknowledged() async throws {
    try await onLoop(within: .seconds(120)) {
      let pool = try await ServiceDatabase.pool(size: 8)
      let redis = RedisConnection(url: ServiceDatabase.redisURL ?? "")
      redis.start()
      try await redis.check()
      let boards = (0..<3).map { _ in Leaderboards(pool, redis) }
      let days = DayStore(pool)
      let now = WallClock.milliseconds
      let window = BoardWindow(.day, at: now)
      let tasks = (0..<Self.userCount).map { number in
        Task {
          var wrong = 0
          var seconds = 0
          for round in 0..<Self.rounds {
            let session = Self.session(number, round, end: now)
            seconds += Int(session.days[0].seconds)
            _ = try await days.apply(session)
            let board = boards[(number + round) % boards.count]
            let ranking = try await board.ranking(
              by: .time, in: window, of: session.userID, limit: 5)
            if ranking.mine.score != seconds { wrong += 1 }
            if number == 0, round % 4 == 1 { _ = try await redis.command("FLUSHDB") }
            if number == 1, round % 10 == 5 { try await pool.write("TRUNCATE epochs") }
          }
          return wrong
        }
      }
      var wrong = 0
      for task in tasks { wrong += try await task.value }
      #expect(wrong == 0)
      let own = Self.user(0)
      let last = try await boards[0].ranking(by: .time, in: window, of: own, limit: 100)
      let stored = try await BoardStore(pool).ranking(by: .time, in: window, of: own, limit: 100)
      #expect(last == stored)
      #expect(last.top.count == Self.userCount)
      redis.close()
      pool.close()
    }
  }

  /// A set that Redis alone has dropped is noticed and made again.
  @Test func aSetThatIsMissingIsMadeAgain() async throws {
    try await onLoop(within: .seconds(60)) {
      let pool = try await ServiceDatabase.pool()
      let redis = RedisConnection(url: ServiceDatabase.redisURL ?? "")
      redis.start()
      try await redis.check()
      let boards = Leaderboards(pool, redis)
      let now = WallClock.milliseconds
      _ = try await DayStore(pool).apply(Self.session(1, 1, end: now))
      let window = BoardWindow(.day, at: now)
      func ranking() async throws -> Ranking {
        try await boards.ranking(by: .time, in: window, of: Self.user(1), limit: 5)
      }
      let before = try await ranking()
      #expect(before.mine.rank == 1)
      _ = try await redis.command("DEL", .string("focal:board:1:\(window.firstDay):1"))
      #expect(try await ranking() == before)
      let kept = try await redis.command(
        "ZCARD", .string("focal:board:1:\(window.firstDay):1"))
      #expect(kept.int == 2)
      redis.close()
      pool.close()
    }
  }

  private static func user(_ number: Int) -> String { History.id(0xc000 + number) }

  private static func session(_ number: Int, _ round: Int, end: Int64) -> SessionChanged {
    let seconds = UInt32(60 + number * 7 + round)
    return SessionChanged(
      sessionID: History.id(number * 1000 + round + 1), userID: user(number), version: 1,
      type: .work, source: .timer, endMs: end,
      days: [
        DayShare(
          date: Int32(end / 86_400_000), seconds: seconds, sessions: 1,
          byHour: [seconds] + [UInt32](repeating: 0, count: 23), daySeconds: 86_400)
      ])
  }
}
