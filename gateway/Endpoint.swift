import HTTP
import Observability
import Wire

/// What one route of the gateway leads to, with what each request to it needs at hand.
final class Endpoint {
  enum Target {
    /// A method of a service, by the generated tables.
    case call(Route, any Transport, RatePolicy)
    /// The gateway's own answer, at hand: health, keys.
    case own(() -> HTTPResponse)
    /// The gateway's own answer that never changes: OpenAPI, the pages.
    case document(Document)
    /// The gateway's own answer, which others have to be asked for: readiness.
    case asked(() async -> HTTPResponse)
    /// A WebSocket.
    case socket(SocketDesk.Kind, RatePolicy)
  }

  let method: HTTPMethod
  let pattern: String
  let target: Target
  private let duration: Histogram
  private let requests: MetricFamily<Counter>
  private var countersByStatus: [Int: Counter] = [:]

  init(method: HTTPMethod, pattern: String, target: Target, _ metrics: RequestMetrics) {
    self.method = method
    self.pattern = pattern
    self.target = target
    duration = metrics.duration.with(pattern, method.name.description)
    requests = metrics.requests
  }

  func record(status: Int, nanoseconds: UInt64) {
    duration.observe(nanoseconds: nanoseconds)
    if let counter = countersByStatus[status] { return counter.increment() }
    let counter = requests.with(pattern, method.name.description, "\(status)")
    countersByStatus[status] = counter
    counter.increment()
  }
}

/// The metrics of all routes, by pattern: never by the raw path.
struct RequestMetrics {
  let requests = Metrics.shared.counters(
    "http_requests_total", "Requests answered.", labels: "route", "method", "status")
  let duration = Metrics.shared.histograms(
    "http_request_duration_seconds", "From the whole head to the answer.",
    labels: "route", "method")
}
