import EventLoop
import Observability
import Postgres

/// The rows of a service's outbox.
final class OutboxStore {
  /// An event that is still there.
  struct Pending {
    let event: Event
    /// Who has taken it, or given it up.
    let taken: [String]
    /// Since its last attempt, or since it was written.
    let seconds: Double
    /// How often a consumer failed to apply it.
    let failures: Int
  }

  /// What the outbox holds; of very many rows not all are counted.
  struct Status {
    var rows = 0
    var dead = 0
    /// The age of the oldest event that is not dead.
    var lagSeconds = 0.0
  }

  /// A glance at the outbox.
  struct Glance {
    /// The age of the oldest row; nil: there is none.
    var oldestSeconds: Double?
    /// The server runs anew since the last glance.
    var isAnotherRun: Bool
  }

  private let pool: PostgresPool
  private var taken: [String] = []
  /// Names the run of the server that events are handed over under, once known.
  private(set) var serverStart: String?
  private var removal: LoopTimer?

  /// Rows of one page.
  static let pageRows = 250
  /// An event of which a consumer failed so often is dead for it.
  static let failuresMax = 20
  /// Removals gather this long: one statement for many events.
  private static let removalDelay = Duration.milliseconds(20)
  private static let removalsMax = 500

  init(_ pool: PostgresPool) { self.pool = pool }

  // MARK: Reading

  private static let glance = Query(
    """
    SELECT pg_postmaster_start_time()::text || pg_stat_get_bgwriter_stat_reset_time()::text AS start,
      (SELECT extract(epoch FROM now() - created_at) FROM outbox ORDER BY id LIMIT 1)::float8 AS age
    """)

  /// Looks whether there is anything, and which run of the server it is. Until it has looked, no row
  /// is removed.
  func look() async throws -> Glance {
    guard let row = try await pool.read(Self.glance).first else {
      return Glance(isAnotherRun: false)
    }
    let start = row.string("start")
    let glance = Glance(
      oldestSeconds: row.optionalDouble("age"), isAnotherRun: start != serverStart)
    if glance.isAnotherRun { taken.removeAll() }
    serverStart = start
    return glance
  }

  private static let status = Query(
    """
    SELECT count(*) AS rows, count(dead_at) AS dead,
      COALESCE((
        SELECT extract(epoch FROM now() - created_at) FROM outbox
        WHERE dead_at IS NULL ORDER BY id LIMIT 1), 0)::float8 AS lag
    FROM (SELECT dead_at FROM outbox LIMIT 100000) AS counted
    """)

  /// For the metrics: dearer than a glance, since rows that were removed a moment ago are passed over
  /// one by one.
  func status() async throws -> Status {
    guard let row = try await pool.read(Self.status).first else { return Status() }
    return Status(rows: row.int("rows"), dead: row.int("dead"), lagSeconds: row.double("lag"))
  }

  /// Several replicas sweep: each claims rows of its own. What has failed before waits longer
  /// (`DueRule.pause`).
  private static let claim = Query(
    """
    WITH due AS (
      SELECT id, extract(epoch FROM now() - COALESCE(attempted_at, created_at))::float8 AS seconds
      FROM outbox
      WHERE EXISTS (
        SELECT FROM unnest($1::text[], $2::text[], $3::float8[]) AS rule (topic, consumer, age)
        WHERE rule.topic = outbox.topic AND rule.consumer <> ALL (COALESCE(outbox.taken, '{}'))
          AND COALESCE(attempted_at, created_at) <= now() - interval '1 second' *
            (rule.age + CASE WHEN failures > 0 THEN 2 ^ least(failures, 5) ELSE 0 END))
      ORDER BY id LIMIT $4::int
      FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET attempted_at = now() FROM due WHERE outbox.id = due.id
    RETURNING outbox.id, topic, payload, taken, failures, due.seconds
    """)

  /// Events that are due by a rule, in the order in which they were made; for as long as the rules'
  /// ages nobody else gets them.
  func claim(_ rules: [DueRule], limit: Int) async throws -> [Pending] {
    try await pool.write(
      Self.claim,
      [
        .strings(rules.map(\.topic)), .strings(rules.map(\.consumer)),
        .doubles(rules.map(\.age)), .int32(Int32(limit)),
      ], durability: .asynchronous
    ).map(Pending.init).sorted { $0.event.id < $1.event.id }
  }

  private static let pending = Query(
    """
    SELECT id, topic, payload, taken, failures, 0::float8 AS seconds FROM outbox
    WHERE topic = ANY($1::text[]) AND $2::text <> ALL (COALESCE(taken, '{}'))
      AND ($3::uuid IS NULL OR id > $3)
    ORDER BY id LIMIT $4::int
    """)

  /// All that a consumer has not taken, whoever is handing it over now: a page.
  func pending(
    _ topics: [String], for consumer: String, after last: String?
  ) async throws -> [Pending] {
    try await pool.read(
      Self.pending,
      [.strings(topics), .string(consumer), .uuid(last), .int32(Int32(Self.pageRows))]
    ).map(Pending.init)
  }

  private static let written = Query(
    "SELECT id, topic, payload FROM outbox WHERE id = ANY($1::uuid[]) ORDER BY created_at, id")

  /// Events that a statement has written by itself, in the order in which they were made.
  func events(_ ids: [String]) async throws -> [Event] {
    try await pool.read(Self.written, [.uuids(ids)]).map(Event.init)
  }

  // MARK: Marking

  /// In the same run of the server as the hand-over only: had it crashed since, a consumer's effect
  /// could be lost, and it must be asked again. Where one of its processes dies, the server recovers
  /// without a new start: but its statistics, which a crash always empties, begin anew.
  private static let mark = Query(
    """
    UPDATE outbox SET taken = ARRAY(
      SELECT unnest(COALESCE(outbox.taken, '{}')) UNION SELECT unnest(string_to_array(marks.names, ' ')))
    FROM unnest($1::uuid[], $2::text[]) AS marks (id, names)
    WHERE outbox.id = marks.id
      AND pg_postmaster_start_time()::text || pg_stat_get_bgwriter_stat_reset_time()::text = $3
    """)

  /// Keeps who has taken events that others have not. Never fails: then they are asked again.
  ///
  /// - Parameter start: `serverStart` from before the events were handed over.
  func mark(_ takers: [(id: String, names: [String])], start: String?) async {
    guard !takers.isEmpty, let start else { return }
    do {
      _ = try await pool.write(
        Self.mark,
        [
          .uuids(takers.map(\.id)), .strings(takers.map { $0.names.joined(separator: " ") }),
          .string(start),
        ], durability: .asynchronous)
    } catch {
      Log.shared.debug("outbox rows not marked", ["error": .error(error)])
    }
  }

  private static let fail = Query(
    """
    UPDATE outbox SET failures = failures + 1,
      dead_at = CASE WHEN failures + 1 >= $4::int THEN now() ELSE dead_at END,
      dead_reason = CASE WHEN failures + 1 >= $4::int THEN $3::text ELSE dead_reason END,
      taken = CASE WHEN failures + 1 >= $4::int
        THEN array_append(array_remove(taken, $2::text), $2::text) ELSE taken END
    WHERE id = $1::uuid
    RETURNING dead_at IS NOT NULL AS is_dead
    """)

  /// A consumer failed to apply an event, though nobody was away. After `limit` times it is dead for
  /// that consumer: the row stays, and the consumer is not asked again. Returns whether it is dead.
  func fail(_ id: String, _ consumer: String, reason: String, limit: Int) async -> Bool {
    do {
      let reason = "\(consumer): \(reason)".prefix(1_000)
      return try await pool.write(
        Self.fail,
        [.uuid(id), .string(consumer), .string(String(reason)), .int32(Int32(limit))]
      ).first?.bool("is_dead") ?? false
    } catch {
      Log.shared.debug("a failed event was not marked", ["error": .error(error)])
      return false
    }
  }

  // MARK: Removing

  /// In the same run of the server only, as above. What is dead for a consumer stays.
  private static let delete = Query(
    """
    DELETE FROM outbox
    WHERE id = ANY($1::uuid[]) AND dead_at IS NULL
      AND pg_postmaster_start_time()::text || pg_stat_get_bgwriter_stat_reset_time()::text = $2
    """)

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

extension OutboxStore.Pending {
  fileprivate init(_ row: Row) {
    event = Event(row)
    taken = row.optionalStrings("taken") ?? []
    seconds = row.double("seconds")
    failures = row.int("failures")
  }
}
