import Observability
import Postgres
import Redis

/// Who did the most: ranked by sorted sets in Redis, which follow the scores in PostgreSQL.
///
/// Whoever writes a score writes to PostgreSQL alone. Whoever asks brings the sets up to date first:
/// each set knows up to which transaction it has the changes, and takes the later ones. So an answer
/// has everything that was acknowledged before it was asked for, and losing Redis, or what is in it,
/// costs time but changes no answer.
public final class Leaderboards {
  private let store: BoardStore
  private let sets: BoardSets
  /// Bringing a window's sets up to date: what is under way, and what begins after that.
  private var running: [BoardWindow: Task<String?, any Error>] = [:]
  private var next: [BoardWindow: Task<String?, any Error>] = [:]

  private static let attemptsMax = 6
  /// More changes than these, and the sets are made anew.
  private static let changesMax = 2_000
  private static let pageRows = 2_000

  public init(_ database: PostgresPool, _ redis: RedisConnection) {
    store = BoardStore(database)
    sets = BoardSets(redis)
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  func ranking(
    by rankedBy: RankedBy, in window: BoardWindow, of userID: String, limit: Int
  ) async throws -> Ranking {
    do {
      for attempt in 0..<3 {
        guard let epoch = try await follow(window) else { break }
        if let ranking = try await sets.ranking(
          by: rankedBy, in: window, epoch: epoch, of: userID, limit: limit)
        {
          return ranking
        }
        if attempt > 0 { try await sets.forget(window) }
      }
    } catch is RedisError {
      // Without Redis the database ranks.
    }
    return try await store.ranking(by: rankedBy, in: window, of: userID, limit: limit)
  }

  func figures(
    of userIDs: [String], in window: BoardWindow
  ) async throws -> [String: BoardStore.Figures] {
    try await store.figures(of: userIDs, in: window)
  }

  /// Brings the sets up to date, and gives the epoch that they are of; nil where others always came
  /// first. What is under way already may have read before the caller's own change, so that a
  /// caller waits for the next; all who come meanwhile wait for the same one.
  private func follow(_ window: BoardWindow) async throws -> String? {
    if let next = next[window] { return try await next.value }
    let before = running[window]
    let task = Task {
      _ = await before?.result
      running[window] = next.removeValue(forKey: window)
      defer { running[window] = nil }
      return try await bringUpToDate(window)
    }
    next[window] = task
    return try await task.value
  }

  private func bringUpToDate(_ window: BoardWindow) async throws -> String? {
    for _ in 0..<Self.attemptsMax {
      let mark = try await sets.mark(of: window)
      if let mark {
        let changes = try await store.changes(
          in: window, from: mark.position, limit: Self.changesMax)
        if changes.epoch == mark.epoch, changes.scores.count < Self.changesMax {
          if changes.scores.isEmpty { return mark.epoch }
          let new = BoardSets.Mark(epoch: changes.epoch, position: changes.horizon)
          if try await sets.put(changes.scores, into: window, from: mark, to: new) {
            return changes.epoch
          }
          continue
        }
      }
      if let epoch = try await build(window, insteadOf: mark) { return epoch }
    }
    return nil
  }

  /// Makes the sets of a window from nothing; nil where it has to be tried again.
  private func build(_ window: BoardWindow, insteadOf old: BoardSets.Mark?) async throws -> String?
  {
    var page = try await store.changes(in: window, from: 0, limit: Self.pageRows)
    // What changes from here on is of this transaction or a later one, and follows.
    let mark = BoardSets.Mark(epoch: page.epoch, position: page.horizon)
    try await sets.build(page.scores, for: window, mark, isFirst: true)
    while page.scores.count == Self.pageRows, let last = page.scores.last {
      page = try await store.changes(
        in: window, from: last.changed, above: last.userID, limit: Self.pageRows)
      guard page.epoch == mark.epoch else { return nil }
      try await sets.build(page.scores, for: window, mark, isFirst: false)
    }
    guard try await sets.publish(mark, for: window, insteadOf: old) else { return nil }
    Log.shared.debug("leaderboard built", ["mark": .string(mark.text)])
    return mark.epoch
  }
}
