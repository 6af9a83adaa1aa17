import EventLoop
import Observability
import Postgres

/// The rows of a service's outbox.
final class OutboxStore {
  private let pool: PostgresPool
  private var taken: [String] = []
  /// The start of the server that events are handed over under, once known.
  private(set) var serverStart: String?
  private var removal: LoopTimer?

  /// Rows of one page.
  static let pageRows = 500
  /// Removals gather this long: one statement for many events.
  private static let removalDelay = Duration.milliseconds(20)
  private static let removalsMax = 500

  /// In the same run of the server as the hand-over only: had it crashed since, the consumer's effect
  /// could be lost, and the row must stay. Where one of its processes dies, the server recovers
  /// without a new start: but its statistics, which a crash always empties, begin anew.
  private static let delete = Query(
    """
    DELETE FROM outbox WHERE id = ANY($1::uuid[])
      AND pg_postmaster_start_time()::text || pg_stat_get_bgwriter_stat_reset_time()::text = $2
    """)
  private static let start = Query(
    """
    SELECT pg_postmaster_start_time()::text || pg_stat_get_bgwriter_stat_reset_time()::text AS start
    """)
  private static let select = Query(
    """
    SELECT id, topic, payload FROM outbox
    WHERE created_at <= now() - $1::float8 * interval '1 second' AND ($2::uuid IS NULL OR id > $2)
    ORDER BY id LIMIT $3::int
    """)
  private static let written = Query(
    "SELECT id, topic, payload FROM outbox WHERE id = ANY($1::uuid[]) ORDER BY created_at, id")

  init(_ pool: PostgresPool) { self.pool = pool }

  /// Looks which server it is that runs now, and returns whether that is another one than before.
  /// Until it has looked, no row is removed.
  func refreshServerStart() async throws -> Bool {
    let start = try await pool.read(Self.start).first?.string("start")
    if start == serverStart { return false }
    taken.removeAll()
    serverStart = start
    return true
  }

  /// Events in the order in which they were made, a page of them.
  func pending(olderThan age: Duration, after last: String?) async throws -> [Event] {
    try await pool.read(
      Self.select,
      [.double(Double(age.components.seconds)), .uuid(last), .int32(Int32(Self.pageRows))]
    ).map(Event.init)
  }

  /// Events that a statement has written by itself, in the order in which they were made.
  func events(_ ids: [String]) async throws -> [Event] {
    try await pool.read(Self.written, [.uuids(ids)]).map(Event.init)
  }

  /// Removes the row of an event that all consumers have taken, soon.
  ///
  /// - Parameter start: `serverStart` from before the event was handed over.
  func remove(_ id: String, start: String?) {
    guard let start, start == serverStart else { return }
    taken.append(id)
    if taken.count >= Self.removalsMax {
      Task { await removeTaken() }
    } else if removal == nil {
      removal = EventLoop.shared.schedule(after: Self.removalDelay) { [weak self] in
        guard let self else { return }
        self.removal = nil
        Task { await self.removeTaken() }
      }
    }
  }

  func removeTaken() async {
    guard !taken.isEmpty, let serverStart else { return }
    let ids = taken
    taken.removeAll(keepingCapacity: true)
    do {
      _ = try await pool.write(
        Self.delete, [.uuids(ids), .string(serverStart)], durability: .asynchronous)
    } catch {
      // They stay in the table and are delivered again, which changes nothing.
      Log.shared.debug("outbox rows not removed", ["error": .error(error)])
    }
  }
}

extension Event {
  fileprivate init(_ row: Row) {
    self.init(id: row.uuid("id"), topic: row.string("topic"), payload: row.bytes("payload"))
  }
}
