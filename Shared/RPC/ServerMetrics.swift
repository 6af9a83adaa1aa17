import Observability
import Wire

/// What a server counts.
final class ServerMetrics {
  let connections: Gauge
  let callsInFlight: Gauge
  let hellosRefused: Counter
  let callSeconds: Histogram
  private let results: [Counter]

  init(service: String, in metrics: Metrics) {
    connections = metrics.gauges(
      "rpc_server_connections", "Connections of welcomed clients.", labels: "service"
    ).with(service)
    callsInFlight = metrics.gauges(
      "rpc_server_calls_in_flight", "Calls that are being served.", labels: "service"
    ).with(service)
    hellosRefused = metrics.counters(
      "rpc_server_hellos_refused_total", "Connections without a good hello.", labels: "service"
    ).with(service)
    callSeconds = metrics.histograms(
      "rpc_server_call_duration_seconds", "From a request to its answer.", labels: "service"
    ).with(service)
    let calls = metrics.counters(
      "rpc_server_calls_total", "Calls answered, by gRPC's status code.", labels: "service", "code")
    results = RPCError.Code.allCases.map { calls.with(service, $0.label) }
  }

  @inline(__always)
  func count(_ code: RPCError.Code, nanoseconds: UInt64) {
    results[Int(code.rawValue)].increment()
    callSeconds.observe(nanoseconds: nanoseconds)
  }
}

extension RPCError.Code {
  /// The code as metrics and logs show it: `deadline_exceeded`.
  nonisolated var label: String {
    switch self {
    case .ok: "ok"
    case .cancelled: "cancelled"
    case .unknown: "unknown"
    case .invalidArgument: "invalid_argument"
    case .deadlineExceeded: "deadline_exceeded"
    case .notFound: "not_found"
    case .alreadyExists: "already_exists"
    case .permissionDenied: "permission_denied"
    case .resourceExhausted: "resource_exhausted"
    case .failedPrecondition: "failed_precondition"
    case .aborted: "aborted"
    case .outOfRange: "out_of_range"
    case .unimplemented: "unimplemented"
    case .internal: "internal"
    case .unavailable: "unavailable"
    case .dataLoss: "data_loss"
    case .unauthenticated: "unauthenticated"
    }
  }
}
