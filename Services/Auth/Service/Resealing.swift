import EventLoop
import Observability
import Postgres
import Wire

/// Seals with `TOTP_KEY` what `TOTP_OTHER_KEY` has sealed, or nobody has, while one replaces the other.
///
/// It goes through all authenticators each minute, as long as there is another key: a process that
/// does not know of the change yet may still seal with the old one.
public final class Resealing {
  private let pool: PostgresPool
  private let seal: SecretSeal
  private let left: Gauge
  private lazy var chore = Chore(every: Self.interval) { [weak self] in await self?.run() }

  private static let interval = Duration.seconds(60)
  private static let pageRows = 500

  /// nil where there is no other key: then there is nothing to be done.
  public init?(pool: PostgresPool, key: Secret?, otherKey: Secret?) {
    guard key != nil, otherKey != nil else { return nil }
    self.pool = pool
    seal = SecretSeal(key: key, other: otherKey)
    left = Metrics.shared.gauge(
      "totp_secrets_to_seal", "Authenticators' secrets that TOTP_KEY does not open yet.")
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  public func start() {
    Task { await run() }
    chore.start()
  }

  public func stop() { chore.stop() }

  /// One pass. Whoever replaces a secret meanwhile wins.
  func run() async {
    var sealed = 0
    var open = 0
    var last = "00000000-0000-0000-0000-000000000000"
    do {
      while true {
        let rows = try await pool.read(
          "SELECT user_id, secret FROM totp WHERE user_id > $1 ORDER BY user_id LIMIT $2",
          [.uuid(last), .int(Self.pageRows)])
        for row in rows {
          let stored = row.bytes("secret")
          guard !seal.isClosed(stored) else { continue }
          open += 1
          guard let secret = seal.open(stored) else { continue }
          let changed = try await pool.write(
            "UPDATE totp SET secret = $3 WHERE user_id = $1 AND secret = $2",
            [.uuid(row.uuid("user_id")), .bytes(stored), .bytes(seal.close(secret))])
          sealed += changed.affectedRows
        }
        guard rows.count == Self.pageRows, let row = rows.last else { break }
        last = row.uuid("user_id")
      }
      left.set(Double(open - sealed))
      if sealed > 0 { Log.shared.info("authenticators sealed anew", ["count": .int(sealed)]) }
    } catch {
      left.set(Double(open))
      Log.shared.warning("authenticators not sealed anew", ["error": .error(error)])
    }
  }
}
