import Contracts
import EventLoopTesting
import Postgres
import Testing
import TimeZones

@testable import Gamification

/// Random histories of sessions that are added, edited and deleted, whose events come late, twice
/// and out of order: what was counted step by step equals what is added up from the sessions.
@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct CountingTests {
  private static let userID = "00000000-0000-7000-8000-0000000000aa"
  private static let steps = 10_000
  static let firstDay = 20_000

  @Test func countedStepByStepEqualsAddedUp() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    try await onLoop(within: .seconds(180)) {
      let pool = try await ServiceDatabase.pool()
      let days = DayStore(pool)
      var random = SeededGenerator(seed: seed)
      var sessions: [SessionChanged] = []
      var late: [SessionChanged] = []
      for step in 0..<Self.steps {
        let event = Self.change(&sessions, &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: late.append(event)
        case 1:
          _ = try await days.apply(event)
          #expect(try await !days.apply(event).isNew)
        default: _ = try await days.apply(event)
        }
        if Int.random(in: 0..<20, using: &random) == 0 {
          late.shuffle(using: &random)
          for event in late { _ = try await days.apply(event) }
          late.removeAll()
          if step % 10 == 0 { try await Self.compare(days, pool, sessions, seed) }
        }
      }
      for event in late { _ = try await days.apply(event) }
      try await Self.compare(days, pool, sessions, seed)
      pool.close()
    }
  }

  /// Many users' events at the same time, whose statements are shared: twice, several of a user, of
  /// an account that is gone.
  @Test func eventsThatComeTogetherCountAsIfAlone() async throws {
    try await onLoop(within: .seconds(60)) {
      let pool = try await ServiceDatabase.pool()
      let days = DayStore(pool)
      var random = SeededGenerator(seed: 7)
      try await SummaryStore(pool).erase(Self.user(1))
      var events: [SessionChanged] = []
      for number in 0..<300 {
        let user = Self.user(number % 40)
        events.append(
          SessionChanged(
            sessionID: "00000000-0000-7000-8000-" + Self.hex(number + 1), userID: user, version: 2,
            type: number % 7 == 0 ? .break : .work, source: .manual,
            days: Array(Self.shares(&random).suffix(number % 5 == 0 ? 2 : 1))))
      }
      var late = events[50]
      late.version = 1
      let outcomes = try await Self.applyAtOnce(events + [late] + events[100..<120], days)
      for (index, outcome) in outcomes.prefix(300).enumerated() where index < 100 || index >= 120 {
        if index != 50 { #expect(outcome == (index % 40 != 1), "event \(index)") }
      }
      for number in 0..<40 where number != 1 {
        let expected = Self.added(events.filter { $0.userID == Self.user(number) })
        let counted = try await days.days(
          of: Self.user(number), from: CivilDate(daysSinceEpoch: Self.firstDay),
          through: CivilDate(daysSinceEpoch: Self.firstDay + 100))
        #expect(counted.sorted { $0.date < $1.date } == expected)
        let summary = try #require(try await SummaryStore(pool).summary(of: Self.user(number)))
        #expect(summary.workSeconds == expected.reduce(0) { $0 + $1.workSeconds })
      }
      pool.close()
    }
  }

  @Test func anEventThatIsRefusedFailsAlone() async throws {
    try await onLoop(within: .seconds(60)) {
      let pool = try await ServiceDatabase.pool()
      let days = DayStore(pool)
      var random = SeededGenerator(seed: 8)
      var events = (0..<20).map { number in
        SessionChanged(
          sessionID: "00000000-0000-7000-8000-" + Self.hex(number + 1),
          userID: Self.user(number), version: 1, type: .work, source: .manual,
          days: Array(Self.shares(&random).suffix(1)))
      }
      events[9].days[0].date = .max
      let outcomes = try await Self.applyAtOnce(events, days)
      #expect(outcomes == events.indices.map { $0 == 9 ? nil : true })
      pool.close()
    }
  }

  private static func user(_ number: Int) -> String { "00000000-0000-7000-8001-" + hex(number) }

  /// The outcomes in order; nil for what failed.
  private static func applyAtOnce(
    _ events: [SessionChanged], _ days: DayStore
  ) async throws -> [Bool?] {
    let tasks = events.map { event in Task { try await days.apply(event).isNew } }
    var outcomes: [Bool?] = []
    for task in tasks { outcomes.append(try? await task.value) }
    return outcomes
  }

  /// Adds, edits or deletes one session.
  private static func change(
    _ sessions: inout [SessionChanged], _ random: inout SeededGenerator
  ) -> SessionChanged {
    if sessions.isEmpty || Int.random(in: 0..<3, using: &random) == 0 {
      let id = "00000000-0000-7000-8000-" + hex(sessions.count + 1)
      sessions.append(
        SessionChanged(
          sessionID: id, userID: userID, version: 0, type: .work, source: .manual))
    }
    let index = Int.random(in: max(0, sessions.count - 50)..<sessions.count, using: &random)
    sessions[index].version += 1
    sessions[index].deleted = Int.random(in: 0..<5, using: &random) == 0
    sessions[index].type = Int.random(in: 0..<4, using: &random) == 0 ? .break : .work
    sessions[index].days = sessions[index].deleted ? [] : shares(&random)
    return sessions[index]
  }

  static func shares(_ random: inout SeededGenerator) -> [DayShare] {
    let count = Int.random(in: 1...3, using: &random)
    let first = firstDay + Int.random(in: 0..<30, using: &random)
    return (0..<count).map { index in
      var hours = [UInt32](repeating: 0, count: 24)
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        hours[Int.random(in: 0..<24, using: &random)] = .random(in: 0...3600, using: &random)
      }
      return DayShare(
        date: Int32(first + index), seconds: hours.reduce(0, +),
        sessions: index == count - 1 ? 1 : 0,
        byHour: hours, daySeconds: [82_800, 86_400, 86_400, 90_000].randomElement(using: &random)!)
    }
  }

  static func hex(_ number: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 12 - text.count) + text
  }

  private static func compare(
    _ days: DayStore, _ pool: PostgresPool, _ sessions: [SessionChanged], _ seed: UInt64
  ) async throws {
    let expected = added(sessions)
    let first = CivilDate(daysSinceEpoch: firstDay)
    let counted = try await days.days(of: userID, from: first, through: first + 100)
    #expect(counted.sorted { $0.date < $1.date } == expected, "seed \(seed)")
    let summary = try #require(try await SummaryStore(pool).summary(of: userID))
    #expect(summary.workSeconds == expected.reduce(0) { $0 + $1.workSeconds }, "seed \(seed)")
    #expect(summary.workSessions == expected.reduce(0) { $0 + $1.workSessions }, "seed \(seed)")
    let snapshot = try #require(
      try await days.snapshot(of: userID, from: first, through: first + 9))
    #expect(snapshot.active == expected.filter { $0.workSessions > 0 }.map(\.date), "seed \(seed)")
  }

  /// The days of all sessions, by nothing but addition.
  static func added(_ sessions: [SessionChanged]) -> [DayTotals] {
    var days: [CivilDate: DayTotals] = [:]
    for session in sessions {
      for share in session.days {
        let date = CivilDate(daysSinceEpoch: Int(share.date))
        var day = days[date] ?? .empty(date)
        day.daySeconds = max(day.daySeconds, Int(share.daySeconds))
        if session.type == .work {
          day.workSum += Int(share.seconds)
          day.workSessions += Int(share.sessions)
          for hour in 0..<24 { day.workByHourSum[hour] += Int(share.byHour[hour]) }
        } else {
          day.breakSum += Int(share.seconds)
          day.breakSessions += Int(share.sessions)
        }
        days[date] = day
      }
    }
    return days.values.sorted { $0.date < $1.date }
  }
}
