import Contracts
import EventLoop
import EventLoopTesting
import Postgres
import Redis
import Testing
import TimeZones
import Wire

@testable import Gamification

/// Random histories: sessions, time entries and posts that are added, edited and deleted, users who
/// move and who opt out, events that come late, twice and out of order. What was kept step by step
/// equals what is added up from the history: metrics, streaks, badges, leaderboards.
@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct HistoryTests {
  private static let steps = 10_000
  private static let redisURL = ServiceDatabase.redisURL
  private let context = CallContext(deadlineNanoseconds: .max)

  private final class Clock {
    var now: Int64 = WallClock.milliseconds
  }

  @Test func keptStepByStepEqualsAddedUp() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    try await onLoop(within: .seconds(300)) {
      let pool = try await ServiceDatabase.pool()
      let redis = RedisConnection(url: Self.redisURL ?? "redis://127.0.0.1:1")
      if Self.redisURL != nil { redis.start() }
      let clock = Clock()
      let auth = SettingsSource(UserChanged())
      let users = KnownUsers(
        store: SummaryStore(pool), auth: AuthClient(auth), now: { clock.now })
      let progress = Progress(pool, redis, users: users, now: { clock.now })
      var random = SeededGenerator(seed: seed)
      var history = History(now: clock.now)
      for user in history.users { _ = try await progress.applyUser(user, context) }
      var late: [History.Event] = []
      for step in 1...Self.steps {
        let event = history.step(&random)
        clock.now = history.now
        switch Int.random(in: 0..<10, using: &random) {
        case 0: late.append(event)
        case 1:
          _ = try await apply(event, progress)
          #expect(try await !apply(event, progress))
        default: _ = try await apply(event, progress)
        }
        if step % 250 == 0 || step == Self.steps {
          late.shuffle(using: &random)
          for event in late { _ = try await apply(event, progress) }
          late.removeAll()
          // Redis loses all it has, now and then.
          if Self.redisURL != nil, step % 750 == 0 { _ = try await redis.command("FLUSHDB") }
          try await compare(history, progress, pool, "seed \(seed) step \(step)")
        }
      }
      redis.close()
      pool.close()
    }
  }

  private func apply(_ event: History.Event, _ progress: Progress) async throws -> Bool {
    switch event {
    case .session(let session): try await progress.applySession(session, context).changed
    case .post(let post): try await progress.applyPost(post, context).changed
    case .entry(let entry): try await progress.applyTimeEntry(entry, context).changed
    case .user(let user): try await progress.applyUser(user, context).changed
    }
  }

  private func compare(
    _ history: History, _ progress: Progress, _ pool: PostgresPool, _ comment: Testing.Comment
  ) async throws {
    var awards: [String: [(points: Int, at: Int64)]] = [:]
    for user in history.users.map(\.userID) {
      let days = history.days(of: user)
      let first = CivilDate(daysSinceEpoch: CountingTests.firstDay)
      let counted = try await progress.days.days(of: user, from: first, through: first + 100)
      #expect(counted.sorted { $0.date < $1.date } == days, comment)

      let row = try #require(
        try await pool.read("SELECT * FROM summaries WHERE user_id = $1", [.uuid(user)]).first)
      #expect(row.int("work_seconds") == days.reduce(0) { $0 + $1.workSeconds }, comment)
      #expect(row.int("work_sessions") == days.reduce(0) { $0 + $1.workSessions }, comment)
      #expect(row.int("posts") == history.postCount(of: user), comment)
      #expect(row.int("project_seconds") == history.projectSeconds(of: user), comment)
      let excused = Set(row.ints("excused").map(CivilDate.init(daysSinceEpoch:)))
      let rule = StreakRule(
        active: days.filter { $0.workSessions > 0 }.map(\.date), excused: excused, today: first)
      #expect(row.int("longest_streak") == rule.longest, comment)

      let measures = [
        1: row.int("work_sessions"), 2: row.int("work_seconds"), 3: rule.longest,
        4: history.postCount(of: user), 5: history.projectSeconds(of: user),
      ]
      for badge in try await progress.badges.badges(.init(userID: user)) {
        let isDeserved = (measures[Int(badge.kind)] ?? 0) >= badge.requirement
        #expect((badge.awardedAt != nil) == isDeserved, comment)
        if let at = badge.awardedAt { awards[user, default: []].append((badge.points, at)) }
      }
    }
    try await compareRanks(history, awards, progress, BoardStore(pool), comment)
  }

  private func compareRanks(
    _ history: History, _ awards: [String: [(points: Int, at: Int64)]], _ progress: Progress,
    _ store: BoardStore, _ comment: Testing.Comment
  ) async throws {
    for span in BoardWindow.Span.allCases {
      // Awards come now; the history's own clock may have run ahead.
      let window = BoardWindow(span, at: history.now)
      for rankedBy in RankedBy.allCases {
        var expected: [(userID: String, score: Int)] = []
        for user in history.users where !user.leaderboardOptOut {
          let here = (awards[user.userID] ?? []).filter { BoardWindow(span, at: $0.at) == window }
          let score =
            switch rankedBy {
            case .time: history.rankedSeconds(of: user.userID, in: window)
            case .badges: here.count
            case .points: here.reduce(0) { $0 + $1.points }
            }
          if score > 0 { expected.append((user.userID, score)) }
        }
        expected.sort { ($0.score, $0.userID) > ($1.score, $1.userID) }
        let own = history.users[0]
        let mine = expected.first { $0.userID == own.userID }?.score ?? 0
        let ranking = try await progress.leaderboards.ranking(
          by: rankedBy, in: window, of: own.userID, limit: 100)
        let right = Ranking(
          top: expected, of: own.userID, score: mine, above: expected.count { $0.score > mine })
        #expect(ranking.top == right.top, comment)
        // What answers while Redis is away gives the same.
        let stored = try await store.ranking(by: rankedBy, in: window, of: own.userID, limit: 100)
        #expect(stored.top == right.top, comment)
        if !own.leaderboardOptOut {
          #expect(ranking.mine == right.mine, comment)
          #expect(stored.mine == right.mine, comment)
        }
      }
    }
  }
}
