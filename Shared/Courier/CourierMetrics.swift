import Observability

/// `courier_*`: what this process asks of other people's servers.
final class CourierMetrics {
  private let name: String
  private let calls = Metrics.shared.counters(
    "courier_calls_total", "Outgoing calls, by courier and outcome.", labels: "courier", "outcome")
  private let seconds: Histogram

  init(_ name: String) {
    self.name = name
    seconds = Metrics.shared.histograms(
      "courier_call_duration_seconds", "Outgoing calls, from the call to the answer.",
      labels: "courier"
    ).with(name)
  }

  func ended(_ outcome: String, nanoseconds: UInt64) {
    calls.with(name, outcome).increment()
    seconds.observe(nanoseconds: nanoseconds)
  }
}
