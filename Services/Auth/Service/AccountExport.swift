import Contracts
import Postgres
import ServiceKit
import Wire

/// All that Focal keeps of a user: what auth has, then what the other services tell, one after
/// another, in pages.
public struct AccountExport {
  /// Asks a service.
  public typealias Exporter = (
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply

  /// Of JSON in an answer; below the 4 MiB of a frame with the largest page of a service on top.
  private static let bytesMax = 2 << 20

  private let exporters: [Exporter]

  init(_ pool: PostgresPool, _ others: [Exporter]) {
    let own = UserExport(pool, Self.kinds)
    exporters = [{ try await own.page($0, $1) }] + others
  }

  /// The page behind a cursor: of most people all there is.
  func page(
    of userID: String, after cursor: String?, now: Int64, _ context: CallContext
  ) async throws -> Export {
    guard var position = Position(cursor), position.exporter < exporters.count else {
      throw RPCError.invalid([
        .init(field: "cursor", code: "cursor", message: "is no cursor of an export")
      ])
    }
    var export = Export(exportedAt: now)
    var left = Self.bytesMax
    while position.exporter < exporters.count {
      guard left > 0 else {
        export.nextCursor = position.text
        return export
      }
      let request = ExportUserRequest(
        userID: userID, cursor: position.cursor, bytesMax: Int32(left))
      let reply = try await exporters[position.exporter](request, context)
      export.items += reply.items
      left -= reply.items.reduce(0) { $0 + $1.data.utf8.count }
      position =
        reply.nextCursor.map { Position(exporter: position.exporter, cursor: $0) }
        ?? Position(exporter: position.exporter + 1, cursor: nil)
    }
    return export
  }

  /// Which service comes next, and where in it.
  private struct Position {
    var exporter: Int
    var cursor: String?

    init(exporter: Int, cursor: String?) {
      self.exporter = exporter
      self.cursor = cursor
    }

    /// nil: no cursor of an export.
    init?(_ text: String?) {
      guard let text else {
        self.init(exporter: 0, cursor: nil)
        return
      }
      let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let exporter = Int(parts[0]), exporter >= 0 else { return nil }
      self.init(exporter: exporter, cursor: parts[1].isEmpty ? nil : String(parts[1]))
    }

    var text: String { "\(exporter)-\(cursor ?? "")" }
  }

  /// Auth's own. No hash and no secret leaves the database.
  private static let kinds: [UserExport.Kind] = [
    .init(
      "account",
      """
      SELECT id::text AS key, json_build_object('id', id, 'email', email, 'username', username,
        'name', name, 'image', image, 'bio', bio, 'role', role, 'timezone', timezone,
        'day_start_hour', day_start_hour, 'week_start', week_start,
        'leaderboard_opt_out', leaderboard_opt_out, 'forbid_overlap', forbid_overlap,
        'email_verified_at', email_verified_at, 'totp_enabled_at', totp_enabled_at,
        'created_at', created_at, 'updated_at', updated_at)::text AS data
      FROM users WHERE id = $1 AND ($2::uuid IS NULL OR id > $2::uuid) LIMIT $3::int
      """),
    .init(
      "device",
      """
      SELECT id::text AS key, json_build_object('id', id, 'user_agent', user_agent, 'ip', ip,
        'created_at', created_at, 'last_seen_at', last_seen_at)::text AS data
      FROM devices WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2::uuid)
      ORDER BY id LIMIT $3::int
      """),
    .init(
      "api_token",
      """
      SELECT id::text AS key, json_build_object('id', id, 'name', name, 'scope', scope,
        'prefix', prefix, 'created_at', created_at, 'expires_at', expires_at,
        'last_used_at', last_used_at)::text AS data
      FROM api_tokens WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2::uuid)
      ORDER BY id LIMIT $3::int
      """),
  ]
}
