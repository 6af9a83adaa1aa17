import Contracts
import EventLoopTesting
import TimeZones

@testable import Gamification

/// A random history of a few users, and what it adds up to by nothing but addition.
struct History {
  static let userCount = 6
  static let projectCount = 4

  /// Milliseconds since the epoch.
  var now: Int64
  var sessions: [SessionChanged] = []
  var posts: [PostChanged] = []
  var entries: [TimeEntryChanged] = []
  var users: [UserChanged]

  /// What a step changes.
  enum Event {
    case session(SessionChanged)
    case post(PostChanged)
    case entry(TimeEntryChanged)
    case user(UserChanged)
  }

  private static let zones = [
    "UTC", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Kathmandu",
  ]

  init(now: Int64) {
    self.now = now
    users = (0..<Self.userCount).map {
      UserChanged(
        userID: Self.id(0xa000 + $0), username: "user\($0)", timezone: "UTC", weekStart: .monday,
        version: 1)
    }
  }

  static func id(_ number: Int) -> String {
    "00000000-0000-7000-8000-" + CountingTests.hex(number)
  }

  // MARK: - Steps

  mutating func step(_ random: inout SeededGenerator) -> Event {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return .user(changeUser(&random))
    case 1...2: return .post(changePost(&random))
    case 3...5: return .entry(changeEntry(&random))
    default: return .session(changeSession(&random))
    }
  }

  private func anyUser(_ random: inout SeededGenerator) -> String {
    users[Int.random(in: 0..<users.count, using: &random)].userID
  }

  private func anyTime(_ random: inout SeededGenerator) -> Int64 {
    now - Int64.random(in: 0..<60 * 86_400, using: &random) * 1000
  }

  private func anyProject(_ random: inout SeededGenerator) -> String? {
    let number = Int.random(in: 0..<Self.projectCount * 2, using: &random)
    return number < Self.projectCount ? Self.id(0xb000 + number) : nil
  }

  private mutating func changeUser(_ random: inout SeededGenerator) -> UserChanged {
    // Time goes on, so that a change of zone now and then cuts a day short.
    now += Int64.random(in: 0..<36, using: &random) * 3_600_000
    let index = Int.random(in: 0..<users.count, using: &random)
    users[index].version += 1
    users[index].timezone = Self.zones.randomElement(using: &random) ?? "UTC"
    users[index].leaderboardOptOut = Int.random(in: 0..<4, using: &random) == 0
    return users[index]
  }

  private mutating func changeSession(_ random: inout SeededGenerator) -> SessionChanged {
    if sessions.isEmpty || Int.random(in: 0..<3, using: &random) == 0 {
      sessions.append(
        SessionChanged(sessionID: Self.id(sessions.count + 1), userID: anyUser(&random)))
    }
    let recent = max(0, sessions.count - 200)
    let index = Int.random(in: recent..<sessions.count, using: &random)
    sessions[index].version += 1
    sessions[index].deleted = Int.random(in: 0..<4, using: &random) == 0
    sessions[index].type = Int.random(in: 0..<4, using: &random) == 0 ? .break : .work
    sessions[index].source = Bool.random(using: &random) ? .timer : .manual
    sessions[index].endMs = anyTime(&random)
    sessions[index].projectID = anyProject(&random)
    sessions[index].days =
      sessions[index].deleted
      ? [] : Array(CountingTests.shares(&random).suffix(.random(in: 1...3, using: &random)))
    return sessions[index]
  }

  private mutating func changePost(_ random: inout SeededGenerator) -> PostChanged {
    if posts.isEmpty || Bool.random(using: &random) {
      posts.append(
        PostChanged(
          postID: Self.id(0x100000 + posts.count), userID: anyUser(&random), title: "t",
          gone: true))
    }
    let index = Int.random(in: max(0, posts.count - 40)..<posts.count, using: &random)
    posts[index].version += 1
    posts[index].gone = Int.random(in: 0..<2, using: &random) == 0
    posts[index].createdMs = anyTime(&random)
    return posts[index]
  }

  private mutating func changeEntry(_ random: inout SeededGenerator) -> TimeEntryChanged {
    if entries.isEmpty || Bool.random(using: &random) {
      entries.append(
        TimeEntryChanged(entryID: Self.id(0x200000 + entries.count), userID: anyUser(&random)))
    }
    let index = Int.random(in: max(0, entries.count - 40)..<entries.count, using: &random)
    entries[index].version += 1
    entries[index].deleted = Int.random(in: 0..<3, using: &random) == 0
    entries[index].projectID = anyProject(&random)
    entries[index].startMs = anyTime(&random)
    entries[index].endMs = entries[index].startMs + .random(in: 0..<20_000_000, using: &random)
    return entries[index]
  }

  // MARK: - Sums

  func days(of userID: String) -> [DayTotals] {
    CountingTests.added(sessions.filter { $0.userID == userID })
  }

  func postCount(of userID: String) -> Int {
    posts.count { $0.userID == userID && !$0.gone }
  }

  /// Seconds on the project that has the most.
  func projectSeconds(of userID: String) -> Int {
    var seconds: [String: Int] = [:]
    for session in sessions where session.userID == userID && session.type == .work {
      guard let project = session.projectID else { continue }
      seconds[project, default: 0] += Self.seconds(of: session)
    }
    for entry in entries where entry.userID == userID && !entry.deleted {
      guard let project = entry.projectID else { continue }
      seconds[project, default: 0] += Int(entry.endMs / 1000 - entry.startMs / 1000)
    }
    return seconds.values.max() ?? 0
  }

  /// Timed work of a window.
  func rankedSeconds(of userID: String, in window: BoardWindow) -> Int {
    sessions.reduce(0) { sum, session in
      let counts =
        session.userID == userID && !session.deleted && session.type == .work
        && session.source == .timer && BoardWindow(window.span, at: session.endMs) == window
      return counts ? sum + Self.seconds(of: session) : sum
    }
  }

  private static func seconds(of session: SessionChanged) -> Int {
    session.days.reduce(0) { $0 + Int($1.seconds) }
  }
}
