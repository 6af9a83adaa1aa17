import Observability

/// `redis_*`: what this process asks of Redis.
final class RedisMetrics {
  static let shared = RedisMetrics()

  let connects = Metrics.shared.counter("redis_connects_total", "Connections made.")
  let disconnects = Metrics.shared.counter(
    "redis_disconnects_total", "Connections lost, or not made.")
  private let seconds = Metrics.shared.histogram(
    "redis_command_duration_seconds", "Commands, from the call to the answer.")
  private let failures = Metrics.shared.counters(
    "redis_errors_total", "Commands that failed, by cause.", labels: "cause")
  private var connections: [WeakConnection] = []

  private struct WeakConnection { weak var connection: RedisConnection? }

  private init() {
    Metrics.shared.gauge("redis_connections_open", "Connections that are ready.") {
      [unowned self] in Double(connections.count { $0.connection?.isReady ?? false })
    }
    Metrics.shared.gauge("redis_commands_in_flight", "Commands under way.") { [unowned self] in
      Double(connections.reduce(0) { $0 + ($1.connection?.pendingCount ?? 0) })
    }
  }

  func add(_ connection: RedisConnection) {
    connections.removeAll { $0.connection == nil }
    connections.append(WeakConnection(connection: connection))
  }

  func succeeded(nanoseconds: UInt64) { seconds.observe(nanoseconds: nanoseconds) }

  func failed(_ error: RedisError) { failures.with("\(error.kind)").increment() }
}
