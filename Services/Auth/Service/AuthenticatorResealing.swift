import Postgres
import Security
import ServiceKit
import Wire

extension Resealing {
  /// Of authenticators' secrets, with `TOTP_KEY`. nil: there is none.
  public static func authenticators(
    _ pool: PostgresPool, key: Secret?, otherKey: Secret?
  ) -> Resealing? {
    let seal = SecretSeal("totp", key: key, other: otherKey)
    return Resealing(
      seal, gauge: "totp_secrets_to_seal",
      "Authenticators' secrets that TOTP_KEY does not open yet.", repeats: seal.hasOtherKey
    ) { last, limit in
      try await pool.read(
        "SELECT user_id, secret FROM totp WHERE user_id > $1 ORDER BY user_id LIMIT $2",
        [.uuid(last), .int(limit)]
      ).map { row in
        let stored = row.bytes("secret")
        return Kept(
          id: row.uuid("user_id"), stored: stored, isPlain: TOTPSeal.isPlain(stored))
      }
    } replace: { kept, sealed in
      // Whoever replaces a secret meanwhile wins.
      try await pool.write(
        "UPDATE totp SET secret = $3 WHERE user_id = $1 AND secret = $2",
        [.uuid(kept.id), .bytes(kept.stored), .bytes(sealed)]
      ).affectedRows == 1
    }
  }
}
