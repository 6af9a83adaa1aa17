import EventLoop
import Observability

/// How the loop fares.
enum LoopMetrics {
  private static let probeInterval = Duration.seconds(1)

  static func register() {
    let metrics = Metrics.shared
    metrics.counter("loop_turns_total", "Turns of the event loop.") {
      Double(EventLoop.shared.turns)
    }
    metrics.counter("loop_busy_seconds_total", "Time the loop spent at work, not waiting.") {
      Double(EventLoop.shared.busyNanoseconds) * 1e-9
    }
    metrics.gauge("loop_longest_turn_seconds", "The longest turn since the start.") {
      Double(EventLoop.shared.longestTurnNanoseconds) * 1e-9
    }
    let lag = metrics.histogram(
      "loop_lag_seconds", "How late a timer fires that is set once a second.",
      bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5])
    probe(lag)
  }

  private static func probe(_ lag: Histogram) {
    let loop = EventLoop.shared
    let set = loop.clock
    loop.schedule(after: probeInterval) {
      let spent = Duration.nanoseconds(Int64(clamping: loop.clock &- set))
      lag.observe(max(spent - probeInterval, .zero))
      probe(lag)
    }
  }
}
