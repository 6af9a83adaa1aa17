import Contracts
import Events
import Postgres

/// What can be reported, hidden and shown again.
enum ReportedThing: Equatable {
  case post(String)
  case comment(String)

  var postID: String? { if case .post(let id) = self { id } else { nil } }
  var commentID: String? { if case .comment(let id) = self { id } else { nil } }
}

/// The reports in the database, and with them what is hidden.
///
/// Each change locks the thing first, so that the reports of one thing come one after the other.
public struct ReportStore {
  let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  enum Addition {
    /// With the event of a post that this report has hidden.
    case added(Event?)
    case nothingThere, ownThing, alreadyReported
  }

  func add(_ report: Report, of thing: ReportedThing) async throws -> Addition {
    try await database.transaction { transaction in
      guard let state = try await Self.lock(thing, transaction), !state.isDeleted else {
        return .nothingThere
      }
      if state.authorID == report.reporterID { return .ownThing }
      let added = try await transaction.write(
        """
        INSERT INTO reports (id, post_id, comment_id, reporter_id, reason, created_at)
        SELECT $1, $2, $3, user_id, $5, $6 FROM known_users
        WHERE user_id = $4 AND NOT deleted FOR SHARE
        ON CONFLICT DO NOTHING
        """,
        [
          .uuid(report.id), .uuid(thing.postID), .uuid(thing.commentID), .uuid(report.reporterID),
          .string(report.reason), .timestamp(report.createdAt),
        ])
      guard added.affectedRows == 1 else { return .alreadyReported }
      let isEnough =
        try await Self.openReports(of: thing, transaction) >= CommunityRules.reportsThatHide
      guard isEnough, !state.isHidden else { return .added(nil) }
      return .added(try await Self.set(thing, state, isHidden: true, transaction))
    }
  }

  struct Decision { var event: Event? }

  /// Decides this report and all open ones of the same thing; nil where there is none.
  ///
  /// - Parameter isHidden: what the thing is to be then; nil leaves it as it is.
  /// - Returns: with the event of a post that was hidden or shown again.
  func decide(
    _ id: String, _ status: ReportStatus, isHidden: Bool?, by moderator: String, at now: Int64
  ) async throws -> Decision? {
    try await database.transaction { transaction in
      let row = try await transaction.read(
        "SELECT post_id, comment_id FROM reports WHERE id = $1", [.uuid(id)]
      ).first
      guard let row else { return nil }
      let thing: ReportedThing =
        row.optionalUUID("post_id").map { .post($0) } ?? .comment(row.uuid("comment_id"))
      let state = try await Self.lock(thing, transaction)
      // Two texts, so that each uses its index.
      let decide: Query =
        thing.postID != nil
        ? """
        UPDATE reports SET status = $3, decided_at = $4, decided_by = $5
        WHERE post_id = $2 AND (status = 1 OR id = $1)
        """
        : """
        UPDATE reports SET status = $3, decided_at = $4, decided_by = $5
        WHERE comment_id = $2 AND (status = 1 OR id = $1)
        """
      try await transaction.write(
        decide,
        [
          .uuid(id), .uuid(thing.postID ?? thing.commentID), .int32(status.rawValue),
          .timestamp(now), .uuid(moderator),
        ])
      guard let state, !state.isDeleted, let isHidden, isHidden != state.isHidden else {
        return Decision(event: nil)
      }
      return Decision(
        event: try await Self.set(thing, state, isHidden: isHidden, transaction))
    }
  }

  // MARK: - What is reported

  private struct State {
    var authorID: String?
    var isHidden: Bool
    var isDeleted: Bool
    /// Of a post.
    var post: Post?
    var version: Int64
  }

  private static func lock(
    _ thing: ReportedThing, _ transaction: Transaction
  ) async throws -> State? {
    switch thing {
    case .post(let id):
      try await transaction.read(
        """
        SELECT user_id, title, is_hidden, is_deleted, version, created_at FROM posts
        WHERE id = $1 FOR NO KEY UPDATE
        """, [.uuid(id)]
      ).first.map { row in
        State(
          authorID: row.optionalUUID("user_id"), isHidden: row.bool("is_hidden"),
          isDeleted: row.bool("is_deleted"),
          post: Post(
            id: id, userID: row.optionalUUID("user_id") ?? "", title: row.string("title"),
            createdAt: row.milliseconds("created_at")),
          version: row.int64("version"))
      }
    case .comment(let id):
      try await transaction.read(
        "SELECT user_id, is_hidden, is_deleted FROM comments WHERE id = $1 FOR NO KEY UPDATE",
        [.uuid(id)]
      ).first.map { row in
        State(
          authorID: row.optionalUUID("user_id"), isHidden: row.bool("is_hidden"),
          isDeleted: row.bool("is_deleted"), version: 0)
      }
    }
  }

  private static func openReports(
    of thing: ReportedThing, _ transaction: Transaction
  ) async throws -> Int {
    let count: Query =
      thing.postID != nil
      ? "SELECT count(*) AS reports FROM reports WHERE post_id = $1 AND status = 1"
      : "SELECT count(*) AS reports FROM reports WHERE comment_id = $1 AND status = 1"
    return try await transaction.read(count, [.uuid(thing.postID ?? thing.commentID)])
      .first?.int("reports") ?? 0
  }

  /// Hides the locked thing or shows it again; returns the event of a post.
  private static func set(
    _ thing: ReportedThing, _ state: State, isHidden: Bool, _ transaction: Transaction
  ) async throws -> Event? {
    guard let post = state.post else {
      try await transaction.write(
        """
        WITH changed AS (
          UPDATE comments SET is_hidden = $2 WHERE id = $1 RETURNING post_id
        )
        UPDATE posts SET comment_count = comment_count + CASE WHEN $2 THEN -1 ELSE 1 END
        FROM changed WHERE posts.id = changed.post_id
        """, [.uuid(thing.commentID), .bool(isHidden)])
      return nil
    }
    let event = try Event(
      topic: Forum.postTopic, post.event(version: state.version + 1, isGone: isHidden))
    try await transaction.write(
      "UPDATE posts SET is_hidden = $2, version = version + 1 WHERE id = $1",
      [.uuid(post.id), .bool(isHidden)])
    try await transaction.write(
      "INSERT INTO outbox (id, topic, payload) VALUES ($1, $2, $3)", event.values)
    return event
  }
}
