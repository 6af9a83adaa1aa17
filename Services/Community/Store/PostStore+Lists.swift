import Contracts
import Postgres
import Wire

/// Which posts are listed, for whom.
struct PostFilter {
  var reader: String
  var search: String?
  var category: PostCategory?
  var order: PostOrder
  /// When the first page was asked for, in milliseconds since the epoch.
  var startedAt: Int64
}

extension PostStore {
  /// Posts behind the cursor.
  ///
  /// The statement is not prepared: PostgreSQL plans it for these values, since how often a word or
  /// a category occurs decides which index is good.
  func page(
    _ filter: PostFilter, after cursor: PageCursor?, limit: Int
  ) async throws -> [StoredPost] {
    var query = ListQuery(filter)
    let text = query.text(after: cursor, limit: limit)
    return try await database.read(Query(unprepared: text), query.values).map(StoredPost.init)
  }
}

/// The text of a list's query and its parameters, in step.
struct ListQuery {
  private let filter: PostFilter
  private(set) var values: [PostgresValue] = []

  init(_ filter: PostFilter) { self.filter = filter }

  /// Keeps the value and gives its place in the text.
  private mutating func place(_ value: PostgresValue) -> String {
    values.append(value)
    return "$\(values.count)"
  }

  mutating func text(after cursor: PageCursor?, limit: Int) -> String {
    let reader = "\(place(.uuid(filter.reader)))::uuid"
    // A time as a key is in milliseconds, as its column is.
    let (column, key) =
      switch filter.order {
      case .new: ("p.created_at", "(extract(epoch FROM p.created_at) * 1000)::bigint")
      case .top: ("p.likes", "p.likes::bigint")
      case .hot: ("p.hot", "p.hot")
      case .relevance: ("r.key", "r.key")
      }
    // A page's posts first: what is shown of them is joined to those, not to all that are looked at.
    let source: String
    if filter.order == .relevance {
      source =
        "(\(bestMatches(reader: reader, after: cursor, limit: limit))) r"
        + " JOIN posts p ON p.id = r.id"
    } else if filter.order == .new, let search = filter.search {
      // Where the service's clock is behind another's, its newest posts are there all the same.
      let matches = newestMatches(
        words(search), reader: reader, before: cursor?.key ?? filter.startedAt + 86_400_000,
        id: cursor?.id ?? Self.lastID, limit: limit)
      source = "\(matches) m JOIN posts p ON p.id = m.post_id"
    } else {
      var condition = conditions(reader: reader)
      if let cursor {
        let value: PostgresValue =
          filter.order == .new ? .timestamp(cursor.key) : .int64(cursor.key)
        let bound = place(value) + (filter.order == .top ? "::bigint" : "")
        condition += " AND (\(column), p.id) < (\(bound), \(place(.uuid(cursor.id))))"
      }
      source = """
        (SELECT p.id, p.user_id, p.title, p.content, p.category, p.likes, p.comment_count,
          p.is_hidden, p.created_at, p.updated_at, p.edited_at, p.version, p.hot
        FROM posts p WHERE \(condition)
        ORDER BY \(column) DESC, p.id DESC LIMIT \(limit)) p
        """
    }
    return """
      SELECT p.id, p.user_id, u.username, p.title, p.content, p.category, p.likes, p.comment_count,
        p.is_hidden, p.created_at, p.updated_at, p.edited_at, p.version, \(key) AS key,
        EXISTS (SELECT FROM post_likes l WHERE l.post_id = p.id AND l.user_id = \(reader))
          AS liked_by_me
      FROM \(source) JOIN known_users u ON u.user_id = p.user_id
      ORDER BY \(column) DESC, p.id DESC
      """
  }

  private mutating func conditions(reader: String) -> String {
    var text = """
      NOT p.is_hidden AND NOT p.is_deleted AND NOT EXISTS (
        SELECT FROM blocks b
        WHERE b.blocker_id = \(reader) AND b.blocked_id = p.user_id AND b.is_blocked)
      """
    if let category = filter.category {
      text += " AND p.category = \(place(.int32(category.rawValue)))::int4"
    }
    if let search = filter.search {
      text += " AND p.search @@ \(words(search))"
    }
    return text
  }

  /// What is searched for, as PostgreSQL reads it.
  private mutating func words(_ search: String) -> String {
    "websearch_to_tsquery('english', \(place(.string(search))))"
  }

  /// The page's posts with their rank, in millionths. What is shown of them is joined to it: of a
  /// page, not of all that is ranked.
  private mutating func bestMatches(
    reader: String, after cursor: PageCursor?, limit: Int
  ) -> String {
    let words = words(filter.search ?? "")
    let matches = newestMatches(
      words, reader: reader, before: filter.startedAt, id: Self.lastID, limit: PostOrder.rankedMax)
    var behind = ""
    if let cursor {
      behind = "WHERE (m.key, m.id) < (\(place(.int64(cursor.key))), \(place(.uuid(cursor.id))))"
    }
    return """
      SELECT m.id, m.key FROM (
        SELECT post_id AS id, (1000000 * ts_rank_cd(post_words, \(words), 1))::bigint AS key
        FROM \(matches)
      ) m \(behind) ORDER BY m.key DESC, m.id DESC LIMIT \(limit)
      """
  }

  /// Sorts behind all ids.
  private static let lastID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

  /// The newest posts with these words, strictly before a post.
  private mutating func newestMatches(
    _ words: String, reader: String, before time: Int64, id: String, limit: Int
  ) -> String {
    let category = place(.int32(filter.category?.rawValue))
    let before = "\(place(.timestamp(time))), \(place(.uuid(id)))"
    return "newest_matches(\(words), \(reader), \(category)::int4, \(before), \(limit))"
  }
}
