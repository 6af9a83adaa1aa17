import Postgres

/// The scores in the database: the truth that the sorted sets are made from, and what answers while
/// Redis is away.
struct BoardStore {
  private let database: PostgresPool

  init(_ database: PostgresPool) { self.database = database }

  /// A user's scores in one window; nothing where the user is not to be seen.
  struct Score: Hashable {
    var userID: String
    var seconds: Int
    var badges: Int
    var points: Int
    var changed: Int64
  }

  /// Scores that changed, of one moment.
  struct Changes {
    /// Another one after each crash of PostgreSQL.
    var epoch: String
    /// Every change of a later moment is of this transaction or a later one.
    var horizon: Int64
    /// In the order of their changes.
    var scores: [Score]
  }

  /// What somebody shows on a leaderboard.
  struct Figures {
    var username: String?
    var image: String?
    var isHidden: Bool
    var seconds: Int
    var sessions: Int
    var badges: Int
    var points: Int
  }

  // MARK: - For the sorted sets

  /// Scores of a window that the transaction `position`, or a later one, has changed; above the
  /// user's, of that transaction itself.
  func changes(
    in window: BoardWindow, from position: Int64, above userID: String? = nil, limit: Int
  ) async throws -> Changes {
    let parameters: [PostgresValue] = [
      .int32(window.span.rawValue), .int32(Int32(window.firstDay)), .int64(position),
      .uuid(userID ?? "00000000-0000-0000-0000-000000000000"), .int32(Int32(limit)),
    ]
    while true {
      let rows = try await database.read(Self.changed, parameters)
      guard let first = rows.first, let epoch = first.optionalUUID("epoch") else {
        // Nobody has asked since the crash.
        try await database.write("INSERT INTO epochs DEFAULT VALUES ON CONFLICT DO NOTHING")
        continue
      }
      return Changes(
        epoch: epoch, horizon: first.int64("horizon"), scores: rows.compactMap(Score.init))
    }
  }

  private static let changed = Query(
    """
    SELECT (SELECT epoch FROM epochs) AS epoch,
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon, score.*
    FROM (VALUES (1)) AS always
    LEFT JOIN (
      SELECT user_id, changed,
        CASE WHEN hidden THEN 0 ELSE seconds END AS seconds,
        CASE WHEN hidden THEN 0 ELSE badges END AS badges,
        CASE WHEN hidden THEN 0 ELSE points END AS points
      FROM scores
      WHERE span = $1 AND first_day = $2 AND (changed, user_id) > ($3, $4)
      ORDER BY changed, user_id LIMIT $5::int4
    ) AS score ON true
    """)

  // MARK: - For answers

  /// The ranking as the sorted sets have it.
  func ranking(
    by rankedBy: RankedBy, in window: BoardWindow, of userID: String, limit: Int
  ) async throws -> Ranking {
    let (top, mine) =
      switch rankedBy {
      case .time: (Self.topByTime, Self.mineByTime)
      case .badges: (Self.topByBadges, Self.mineByBadges)
      case .points: (Self.topByPoints, Self.mineByPoints)
      }
    let place: [PostgresValue] = [.int32(window.span.rawValue), .int32(Int32(window.firstDay))]
    let rows = try await database.read(top, place + [.int32(Int32(limit))])
    let own = try await database.read(mine, place + [.uuid(userID)]).first
    return Ranking(
      top: rows.map { ($0.uuid("user_id"), $0.int("score")) }, of: userID,
      score: own?.int("score") ?? 0, above: own?.int("above") ?? 0)
  }

  private static let topByTime = Query(
    """
    SELECT user_id, seconds AS score FROM scores
    WHERE span = $1 AND first_day = $2 AND seconds > 0 AND NOT hidden
    ORDER BY seconds DESC, user_id DESC LIMIT $3::int4
    """)
  private static let topByBadges = Query(
    """
    SELECT user_id, badges AS score FROM scores
    WHERE span = $1 AND first_day = $2 AND badges > 0 AND NOT hidden
    ORDER BY badges DESC, user_id DESC LIMIT $3::int4
    """)
  private static let topByPoints = Query(
    """
    SELECT user_id, points AS score FROM scores
    WHERE span = $1 AND first_day = $2 AND points > 0 AND NOT hidden
    ORDER BY points DESC, user_id DESC LIMIT $3::int4
    """)
  private static let mineByTime = Query(
    """
    SELECT score, (
      SELECT count(*) FROM scores
      WHERE span = $1 AND first_day = $2 AND seconds > greatest(score, 0) AND seconds > 0
        AND NOT hidden) AS above
    FROM (SELECT coalesce((
      SELECT seconds FROM scores WHERE user_id = $3 AND span = $1 AND first_day = $2), 0) AS score
    ) AS own
    """)
  private static let mineByBadges = Query(
    """
    SELECT score, (
      SELECT count(*) FROM scores
      WHERE span = $1 AND first_day = $2 AND badges > greatest(score, 0) AND badges > 0
        AND NOT hidden) AS above
    FROM (SELECT coalesce((
      SELECT badges FROM scores WHERE user_id = $3 AND span = $1 AND first_day = $2), 0) AS score
    ) AS own
    """)
  private static let mineByPoints = Query(
    """
    SELECT score, (
      SELECT count(*) FROM scores
      WHERE span = $1 AND first_day = $2 AND points > greatest(score, 0) AND points > 0
        AND NOT hidden) AS above
    FROM (SELECT coalesce((
      SELECT points FROM scores WHERE user_id = $3 AND span = $1 AND first_day = $2), 0) AS score
    ) AS own
    """)

  /// By user.
  func figures(
    of userIDs: [String], in window: BoardWindow
  ) async throws -> [String: Figures] {
    let rows = try await database.read(
      """
      SELECT summaries.user_id, username, image, opted_out OR deleted AS hidden,
        coalesce(seconds, 0) AS seconds, coalesce(sessions, 0) AS sessions,
        coalesce(badges, 0) AS badges, coalesce(points, 0) AS points
      FROM summaries
      LEFT JOIN scores ON scores.user_id = summaries.user_id AND span = $2 AND first_day = $3
      WHERE summaries.user_id = ANY ($1)
      """,
      [.uuids(userIDs), .int32(window.span.rawValue), .int32(Int32(window.firstDay))])
    var figures: [String: Figures] = [:]
    for row in rows {
      figures[row.uuid("user_id")] = Figures(
        username: row.optionalString("username"), image: row.optionalString("image"),
        isHidden: row.bool("hidden"), seconds: row.int("seconds"), sessions: row.int("sessions"),
        badges: row.int("badges"), points: row.int("points"))
    }
    return figures
  }
}

extension BoardStore.Score {
  /// nil for the row of a window in which nothing changed.
  init?(_ row: Row) {
    guard let userID = row.optionalUUID("user_id") else { return nil }
    self.init(
      userID: userID, seconds: row.int("seconds"), badges: row.int("badges"),
      points: row.int("points"), changed: row.int64("changed"))
  }
}
