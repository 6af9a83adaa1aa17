import Observability

/// `events_consumed_*`: what comes by a service's stream.
final class ConsumerMetrics {
  static let shared = ConsumerMetrics()

  let consumed = Metrics.shared.counter(
    "events_consumed_total", "Events of the stream that have taken effect.")
  let dead = Metrics.shared.counter(
    "events_consumed_dead_total", "Events of the stream that could not be applied, given up.")

  private init() {}
  deinit {}
}
