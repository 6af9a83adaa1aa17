import Contracts
import Wire

extension Progress {
  public func getLeaderboard(
    _ request: GetLeaderboardRequest, _ context: CallContext
  ) async throws -> Leaderboard {
    let span: BoardWindow.Span =
      switch request.window {
      case .today: .day
      case .week: .week
      case .month: .month
      default: .overall
      }
    return try await leaderboard(by: request.by, span, limit: request.limit, context)
  }

  public func getOverallLeaderboard(
    _ request: GetOverallLeaderboardRequest, _ context: CallContext
  ) async throws -> Leaderboard {
    try await leaderboard(by: request.by, .overall, limit: request.limit, context)
  }

  public func getTodayLeaderboard(
    _ request: GetTodayLeaderboardRequest, _ context: CallContext
  ) async throws -> Leaderboard {
    try await leaderboard(by: request.by, .day, limit: request.limit, context)
  }

  /// The caller's own places by time, today and this week.
  func places(_ context: CallContext) async throws -> OwnPlaces {
    var places = OwnPlaces(by: .time)
    for span in [BoardWindow.Span.day, .week] {
      let board = try await leaderboard(by: .time, span, limit: 0, context)
      places.windows.append(
        OwnPlace(
          window: board.window, startsAt: board.startsAt, resetsAt: board.resetsAt, me: board.me))
    }
    return places
  }

  private static let limitDefault: Int32 = 20

  private func leaderboard(
    by: LeaderboardBy?, _ span: BoardWindow.Span, limit: Int32?, _ context: CallContext
  ) async throws -> Leaderboard {
    let userID = try context.userID
    try await requireAccount(userID, context)
    let rankedBy = RankedBy(rawValue: by?.rawValue ?? 0) ?? .time
    let window = BoardWindow(span, at: now())
    let ranking = try await leaderboards.ranking(
      by: rankedBy, in: window, of: userID, limit: Int(limit ?? Self.limitDefault))
    let figures = try await named(
      leaderboards.figures(of: ranking.top.map(\.userID) + [userID], in: window), context)
    var board = Leaderboard(rankedBy, window)
    for place in ranking.top {
      // Who has opted out since the ranking is left out.
      guard let shown = figures[place.userID], !shown.isHidden else { continue }
      board.items.append(Standing(place, by: rankedBy, shown))
    }
    if let own = figures[userID], !own.isHidden {
      board.me = Standing(ranking.mine, by: rankedBy, own)
    }
    return board
  }

  /// With the names of those whose account no event has told yet.
  private func named(
    _ figures: [String: BoardStore.Figures], _ context: CallContext
  ) async throws -> [String: BoardStore.Figures] {
    var figures = figures
    for (userID, shown) in figures where shown.username == nil && !shown.isHidden {
      let user = try await users.account(userID, context)
      figures[userID]?.username = user.username
      figures[userID]?.image = user.image
      figures[userID]?.isHidden = user.leaderboardOptOut || user.deleted
    }
    return figures
  }
}
