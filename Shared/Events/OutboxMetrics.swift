import Observability

/// `events_*`: how a service's events get on.
final class OutboxMetrics {
  static let shared = OutboxMetrics()

  let delivered = Metrics.shared.counter(
    "events_delivered_total", "Events that all consumers have taken.")
  let deferred = Metrics.shared.counter(
    "events_deferred_total", "Events left to the sweep because a consumer was away.")
  let redelivered = Metrics.shared.counter(
    "events_redelivered_total", "Events that the sweep has handed over.")
  private let deadCount = Metrics.shared.counter(
    "events_dead_total", "Events that a consumer could not apply, given up.")
  /// As it was a few seconds ago.
  var status = OutboxStore.Status()
  /// How often outboxes were looked at.
  var looks = 0

  private init() {
    Metrics.shared.gauge("events_pending", "Events that some consumer has not taken.") {
      [unowned self] in Double(status.rows - status.dead)
    }
    Metrics.shared.gauge("events_dead", "Events given up that are kept.") {
      [unowned self] in Double(status.dead)
    }
    Metrics.shared.gauge("events_lag_seconds", "The age of the oldest event that is pending.") {
      [unowned self] in status.lagSeconds
    }
  }

  deinit {}

  /// - Parameter isEcho: the consumer's own process has told of it.
  func dead(_ id: String, _ consumer: String, _ reason: String, isEcho: Bool = false) {
    deadCount.increment()
    Log.shared.error(
      "event given up",
      ["event": .string(id), "consumer": .string(consumer), "reason": .string(reason)],
      isEcho: isEcho)
  }
}
