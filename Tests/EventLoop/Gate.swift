import Glibc
import Synchronization

/// Holds a thread until it is opened.
nonisolated final class Gate: Sendable {
  private let state = Mutex((waiting: false, open: false))

  var isWaiting: Bool { state.withLock { $0.waiting } }

  func open() { state.withLock { $0.open = true } }

  func wait() {
    state.withLock { $0.waiting = true }
    while !state.withLock({ $0.open }) { sched_yield() }
  }
}
