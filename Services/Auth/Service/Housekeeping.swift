import EventLoop
import Observability
import Postgres

/// Removes what has expired: it refuses nothing any more, it only takes up room.
public final class Housekeeping {
  private let pool: PostgresPool
  private let now: () -> Int64
  private lazy var chore = Chore(every: Self.interval) { [weak self] in await self?.tidy() }

  private static let interval = Duration.seconds(600)
  /// Rows a statement: none holds its locks for long. Nor does one wait: what others have locked is
  /// left for the next time, so that no logout waits for this and this for it.
  private static let rowsMax = 1000
  private static let statements: [Query] = [
    """
    DELETE FROM revocations WHERE device_id IN (
      SELECT device_id FROM revocations WHERE expires_at < $1
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM devices WHERE id IN (
      SELECT id FROM devices WHERE expires_at < $1
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM refresh_tokens WHERE hash IN (
      SELECT hash FROM refresh_tokens WHERE expires_at < $1
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM mail_tokens WHERE hash IN (
      SELECT hash FROM mail_tokens WHERE expires_at < $1
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
    // Its owner sees for a month that it has expired.
    """
    DELETE FROM api_tokens WHERE id IN (
      SELECT id FROM api_tokens WHERE expires_at < $1::timestamptz - interval '30 days'
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM kept_answers WHERE id IN (
      SELECT id FROM kept_answers WHERE expires_at < $1
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM tickets WHERE hash IN (
      SELECT hash FROM tickets WHERE expires_at < $1
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
  ]

  public init(pool: PostgresPool, now: @escaping () -> Int64 = { WallClock.milliseconds }) {
    self.pool = pool
    self.now = now
  }

  public func start() { chore.start() }

  public func stop() { chore.stop() }

  /// Removes all that has expired by now.
  func tidy() async {
    let parameters: [PostgresValue] = [.timestamp(now()), .int(Self.rowsMax)]
    do {
      for statement in Self.statements {
        while try await pool.write(statement, parameters).affectedRows == Self.rowsMax {}
      }
    } catch {
      Log.shared.warning("expired rows not removed", ["error": .error(error)])
    }
  }
}
