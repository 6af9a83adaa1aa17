import Postgres

/// Badges in the database, and who has earned them.
public struct BadgeStore {
  /// So that all of them fit one answer.
  static let badgesMax = 500

  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Which badges are asked for.
  struct Filter {
    /// Whose standing; nobody's where nil.
    var userID: String?
    var category: Int32?
    /// Only those that the user has.
    var isEarned = false
    /// Only those that are listed after this place.
    var place = 0
    var limit = BadgeStore.badgesMax
  }

  /// Badges in their order.
  func badges(_ filter: Filter) async throws -> [BadgeStanding] {
    try await database.read(
      """
      SELECT badges.badge_id, place, name, description, category, badges.kind,
        (criteria ->> 'value')::bigint AS value, requirement, points, awarded_ms,
        coalesce(measures.value, 0) AS measure
      FROM badges
      LEFT JOIN awards ON awards.user_id = $1::uuid AND awards.badge_id = badges.badge_id
      LEFT JOIN measures ON measures.user_id = $1::uuid AND measures.kind = badges.kind
      WHERE category = coalesce($2::int4, category) AND (awarded_ms IS NOT NULL OR NOT $3)
        AND place > $4::int4
      ORDER BY place LIMIT $5::int4
      """,
      [
        .uuid(filter.userID), .int32(filter.category), .bool(filter.isEarned),
        .int32(Int32(clamping: filter.place)), .int32(Int32(clamping: filter.limit)),
      ]
    ).map(BadgeStanding.init)
  }

  /// What was earned last, the newest first.
  func newest(of userID: String, limit: Int) async throws -> [BadgeStanding] {
    try await database.read(
      """
      SELECT badges.badge_id, place, name, description, category, badges.kind,
        (criteria ->> 'value')::bigint AS value, requirement, points, awarded_ms,
        coalesce(measures.value, 0) AS measure
      FROM awards JOIN badges USING (badge_id)
      LEFT JOIN measures ON measures.user_id = $1 AND measures.kind = badges.kind
      WHERE awards.user_id = $1
      ORDER BY awarded_ms DESC, awards.badge_id DESC LIMIT $2::int4
      """, [.uuid(userID), .int32(Int32(limit))]
    ).map(BadgeStanding.init)
  }

  func badge(_ id: String, of userID: String) async throws -> BadgeStanding? {
    try await database.read(
      """
      SELECT badges.badge_id, place, name, description, category, badges.kind,
        (criteria ->> 'value')::bigint AS value, requirement, points, awarded_ms,
        coalesce(measures.value, 0) AS measure
      FROM badges
      LEFT JOIN awards ON awards.user_id = $1 AND awards.badge_id = badges.badge_id
      LEFT JOIN measures ON measures.user_id = $1 AND measures.kind = badges.kind
      WHERE badges.badge_id = $2
      """, [.uuid(userID), .uuid(id)]
    ).first.map(BadgeStanding.init)
  }

  func picture(_ id: String) async throws -> BadgePicture? {
    try await database.read(
      "SELECT name, symbol, colour FROM badges WHERE badge_id = $1", [.uuid(id)]
    ).first.map {
      BadgePicture(
        title: $0.string("name"), symbol: .init(rawValue: $0.string("symbol")) ?? .star,
        colour: $0.string("colour"))
    }
  }

  /// Checks all of a user's milestones; returns the outbox's rows of new badges.
  func check(_ userID: String) async throws -> [String] {
    try await database.write("SELECT check_badges($1) AS told", [.uuid(userID)])
      .first?.uuids("told") ?? []
  }

  /// What became of a new badge.
  enum Addition {
    /// With the outbox's rows that tell those who have reached it already.
    case added(told: [String])
    case nameTaken
    case full
  }

  /// - Parameter criteria: a JSON object.
  func add(_ badge: BadgeStanding, criteria: String) async throws -> Addition {
    let rows = try await database.write(
      "SELECT outcome, told FROM add_badge($1, $2, $3, $4, $5, $6, $7)",
      [
        .uuid(badge.id), .string(badge.name), .string(badge.description), .int32(badge.category),
        .json(criteria), .int32(Int32(clamping: badge.points)), .int32(Int32(Self.badgesMax)),
      ])
    switch rows.first?.string("outcome") {
    case "added": return .added(told: rows.first?.uuids("told") ?? [])
    case "full": return .full
    default: return .nameTaken
    }
  }
}

extension BadgeStanding {
  init(_ row: Row) {
    self.init(
      id: row.uuid("badge_id"), place: row.int("place"), name: row.string("name"),
      description: row.string("description"), category: row.int32("category"),
      kind: row.int32("kind"), value: row.int("value"), requirement: row.int("requirement"),
      points: row.int("points"), awardedAt: row.optionalInt64("awarded_ms"),
      measure: row.int("measure"))
  }
}
