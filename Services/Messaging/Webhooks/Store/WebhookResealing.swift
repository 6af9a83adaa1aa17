import Postgres
import Security
import ServiceKit

extension Resealing {
  /// Of webhooks' secrets, with `WEBHOOK_KEY`. nil: there is none.
  public static func webhooks(_ database: PostgresPool, _ seal: SecretSeal) -> Resealing? {
    // Those that are not sealed are found by an index of their own.
    let rows: Query =
      seal.hasOtherKey
      ? "SELECT id, secret, sealed FROM webhooks WHERE id > $1 ORDER BY id LIMIT $2"
      : """
      SELECT id, secret, sealed FROM webhooks WHERE id > $1 AND sealed IS NULL ORDER BY id LIMIT $2
      """
    return Resealing(
      seal, gauge: "webhook_secrets_to_seal",
      "Webhooks' secrets that WEBHOOK_KEY does not open yet.", repeats: true
    ) { last, limit in
      try await database.read(rows, [.uuid(last), .int(limit)]).map { row in
        let sealed = row.optionalBytes("sealed")
        return Kept(
          id: row.uuid("id"), stored: sealed ?? Array(row.string("secret").utf8),
          isPlain: sealed == nil)
      }
    } replace: { kept, sealed in
      try await database.write(
        """
        UPDATE webhooks SET secret = '', sealed = $2
        WHERE id = $1 AND sealed IS NOT DISTINCT FROM $3::bytea
        """, [.uuid(kept.id), .bytes(sealed), kept.isPlain ? .null : .bytes(kept.stored)]
      ).affectedRows == 1
    }
  }
}
