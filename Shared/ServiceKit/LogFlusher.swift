import EventLoop
import Observability

/// Writes the log once a turn: a timer that is due at once fires at the turn's end.
final class LogFlusher {
  private var isArranged = false

  func arrange() {
    guard !isArranged else { return }
    isArranged = true
    EventLoop.shared.schedule(after: .zero) { [self] in
      isArranged = false
      Log.shared.flush()
    }
  }
}

/// How the loop fares.
enum LoopMetrics {
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
  }
}
