import Contracts
import Postgres
import Wire

/// Webhooks in the database.
struct WebhookStore {
  let database: PostgresPool
  let seal: WebhookSeal

  /// False where the user has `most` of them already.
  func add(
    _ webhook: Webhook, of userID: String, secret: Secret, most: Int
  ) async throws -> Bool {
    let (plain, sealed) = seal.close(secret)
    return try await database.write(
      """
      SELECT add_webhook(
        $1::uuid, $2::uuid, $3::text, $4::integer, $5::text, $6::bytea, $7::timestamptz, $8::integer
      ) AS added
      """,
      [
        .uuid(webhook.id), .uuid(userID), .string(webhook.url),
        .int32(Self.bits(of: webhook.events)), .string(plain), sealed.map { .bytes($0) } ?? .null,
        .timestamp(webhook.createdAt), .int32(Int32(most)),
      ]
    ).first?.bool("added") ?? false
  }

  /// The newest first, strictly below an id.
  func page(of userID: String, below id: String?, limit: Int) async throws -> [Webhook] {
    try await database.read(
      """
      SELECT id, url, events, created_at FROM webhooks
      WHERE user_id = $1::uuid AND ($2::uuid IS NULL OR id < $2::uuid)
      ORDER BY id DESC LIMIT $3::integer
      """, [.uuid(userID), .uuid(id), .int32(Int32(limit))]
    ).map { row in
      Webhook(
        id: row.uuid("id"), url: row.string("url"), events: Self.events(row.int32("events")),
        createdAt: row.milliseconds("created_at"))
    }
  }

  /// False where the user has none of this id.
  func remove(_ id: String, of userID: String) async throws -> Bool {
    try await database.write(
      "DELETE FROM webhooks WHERE id = $1 AND user_id = $2", [.uuid(id), .uuid(userID)]
    ).affectedRows == 1
  }

  func exists(_ id: String, of userID: String) async throws -> Bool {
    try await database.read(
      "SELECT id FROM webhooks WHERE id = $1 AND user_id = $2", [.uuid(id), .uuid(userID)]
    ).first != nil
  }

  /// Bit n stands for the contract's event n.
  private static func bits(of events: [WebhookEvent]) -> Int32 {
    events.reduce(0) { $0 | 1 << $1.rawValue }
  }

  private static func events(_ bits: Int32) -> [WebhookEvent] {
    WebhookEvent.allCases.filter { bits >> $0.rawValue & 1 == 1 }
  }
}
