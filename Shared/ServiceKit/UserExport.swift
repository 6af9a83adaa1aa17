import Contracts
import EventLoop
import Postgres
import Wire

/// What a service keeps of a user, for the user's export: kind after kind, each in pages by its key.
///
///     let export = UserExport(pool, [
///       .init(
///         "session",
///         """
///         SELECT id::text AS key, json_build_object('id', id, 'note', note)::text AS data
///         FROM sessions WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2::uuid)
///         ORDER BY id LIMIT $3::int
///         """)
///     ])
public struct UserExport {
  /// One kind of objects.
  public struct Kind {
    let name: String
    let query: Query

    /// - Parameters:
    ///   - name: as the export shows it: "session".
    ///   - query: gives `key` and `data`, both text, for the user `$1` behind the key `$2` (NULL: from
    ///     the start), ordered by the key, at most `$3` rows.
    public init(_ name: String, _ query: Query) {
      self.name = name
      self.query = query
    }
  }

  private let pool: PostgresPool
  private let kinds: [Kind]

  /// Of JSON in a page: with the largest of items it fits into a frame.
  public static let pageBytesMax = 1 << 20
  /// The largest things have 80 KiB: a query's answer stays below 4 MiB.
  private static let rowsMax = 50

  public init(_ pool: PostgresPool, _ kinds: [Kind]) {
    self.pool = pool
    self.kinds = kinds
  }

  /// The page that a call asks for.
  public func page(
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply {
    guard var position = Position(request.cursor), position.kind < max(kinds.count, 1) else {
      throw Self.badCursor
    }
    let bytesMax = min(max(Int(request.bytesMax ?? .max), 1), Self.pageBytesMax)
    let deadline = Deadline(nanoseconds: context.deadlineNanoseconds)
    var reply = ExportUserReply()
    var bytes = 0
    while position.kind < kinds.count {
      let kind = kinds[position.kind]
      let rows: Rows
      do throws(PostgresError) {
        rows = try await pool.read(
          kind.query,
          [.uuid(request.userID), .string(position.key), .int32(Int32(Self.rowsMax))],
          deadline: deadline)
      } catch {
        throw Self.badTexts.contains(error.sqlState) ? Self.badCursor : error.callError
      }
      for row in rows {
        let data = row.string("data")
        reply.items.append(ExportItem(kind: kind.name, data: data))
        position.key = row.string("key")
        bytes += data.utf8.count
        if bytes >= bytesMax {
          reply.nextCursor = position.text
          return reply
        }
      }
      if rows.count < Self.rowsMax { position = Position(kind: position.kind + 1) }
    }
    return reply
  }

  private static let badCursor = RPCError(
    .invalidArgument, "malformed", "This is no cursor of an export.")
  /// PostgreSQL's codes for a key that is none: texts of other types, dates out of range, U+0000.
  private static let badTexts: Set = ["22P02", "22007", "22008", "22003", "22021"]

  /// Behind which key of which kind a page begins.
  private struct Position {
    var kind: Int
    var key: String?

    init(kind: Int, key: String? = nil) {
      self.kind = kind
      self.key = key
    }

    /// nil: no cursor of an export.
    init?(_ text: String?) {
      guard let text else {
        self.init(kind: 0)
        return
      }
      let parts = text.split(separator: ".", maxSplits: 1)
      guard parts.count == 2, let kind = Int(parts[0]), kind >= 0 else { return nil }
      self.init(kind: kind, key: String(parts[1]))
    }

    var text: String { "\(kind).\(key ?? "")" }
  }
}
