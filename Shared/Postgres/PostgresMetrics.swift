import Observability

/// `db_*`: what the pools of this process do.
final class PostgresMetrics {
  static let shared = PostgresMetrics()

  let retries = Metrics.shared.counter(
    "db_retries_total", "Statements sent again because nothing of them had run.")
  let connects = Metrics.shared.counter("db_connects_total", "Connections made.")
  let disconnects = Metrics.shared.counter(
    "db_disconnects_total", "Connections lost, or not made.")
  private let reads: Histogram
  private let writes: Histogram
  private let failures: MetricFamily<Counter>
  private var pools: [WeakPool] = []

  private struct WeakPool { weak var pool: PostgresPool? }

  private init() {
    let seconds = Metrics.shared.histograms(
      "db_query_duration_seconds", "Statements, from the call to the answer.", labels: "kind")
    reads = seconds.with("read")
    writes = seconds.with("write")
    failures = Metrics.shared.counters(
      "db_errors_total", "Statements that failed, by SQLSTATE class or cause.", labels: "cause")
    Metrics.shared.gauge("db_connections_open", "Connections that are ready.") { [unowned self] in
      Double(pools.reduce(0) { $0 + ($1.pool?.openConnections ?? 0) })
    }
    Metrics.shared.gauge("db_queries_in_flight", "Statements under way.") { [unowned self] in
      Double(pools.reduce(0) { $0 + ($1.pool?.inFlight ?? 0) })
    }
    Metrics.shared.gauge("db_queries_waiting", "Callers that wait for a connection.") {
      [unowned self] in Double(pools.reduce(0) { $0 + ($1.pool?.waiting ?? 0) })
    }
  }

  func add(_ pool: PostgresPool) {
    pools.removeAll { $0.pool == nil }
    // The pool for asynchronous writes is counted by its owner.
    if pool.settings.durability == .synchronous { pools.append(WeakPool(pool: pool)) }
  }

  func succeeded(_ purpose: PoolState.Purpose, nanoseconds: UInt64) {
    (purpose == .read ? reads : writes).observe(nanoseconds: nanoseconds)
  }

  func failed(_ error: PostgresError) {
    failures.with(error.kind == .server ? String(error.sqlState.prefix(2)) : "\(error.kind)")
      .increment()
  }
}
