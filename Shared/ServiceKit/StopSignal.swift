import EventLoop
import Glibc

/// Waits for the operator's wish to stop: SIGTERM or SIGINT.
final class StopSignal {
  private var source: SignalSource?
  private var received = false
  private var waiter: CheckedContinuation<Void, Never>?

  init() {
    source = SignalSource([SIGTERM, SIGINT]) { [weak self] _ in
      self?.received = true
      self?.waiter?.resume()
      self?.waiter = nil
    }
  }

  func wait() async {
    guard !received else { return }
    await withCheckedContinuation { waiter = $0 }
  }
}
