import Observability
import Wire

/// What a client counts.
final class ClientMetrics {
  let connections: Gauge
  let callsInFlight: Gauge
  let connectsFailed: Counter
  let connectionsLost: Counter
  let retries: Counter
  let callSeconds: Histogram
  private let results: [Counter]

  init(service: String, in metrics: Metrics) {
    connections = metrics.gauges(
      "rpc_client_connections", "Usable connections to the service.", labels: "service"
    ).with(service)
    callsInFlight = metrics.gauges(
      "rpc_client_calls_in_flight", "Calls that wait for their answer.", labels: "service"
    ).with(service)
    connectsFailed = metrics.counters(
      "rpc_client_connects_failed_total", "Attempts to connect that failed.", labels: "service"
    ).with(service)
    connectionsLost = metrics.counters(
      "rpc_client_connections_lost_total", "Usable connections that broke.", labels: "service"
    ).with(service)
    retries = metrics.counters(
      "rpc_client_retries_total", "Calls that were made again.", labels: "service"
    ).with(service)
    callSeconds = metrics.histograms(
      "rpc_client_call_duration_seconds", "From a call to its result, retries included.",
      labels: "service"
    ).with(service)
    let calls = metrics.counters(
      "rpc_client_calls_total", "Calls made, by gRPC's status code.", labels: "service", "code")
    results = RPCError.Code.allCases.map { calls.with(service, $0.label) }
  }

  @inline(__always)
  func count(_ code: RPCError.Code, nanoseconds: UInt64) {
    results[Int(code.rawValue)].increment()
    callSeconds.observe(nanoseconds: nanoseconds)
  }
}
