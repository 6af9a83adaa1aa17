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
