/// Tasks that wait until something is there, e.g. a connection; none longer than it said.
public final class WaitQueue {
  private struct Waiter {
    let continuation: UnsafeContinuation<Bool, Never>
    let timer: LoopTimer
  }

  private var waiters: [UInt64: Waiter] = [:]
  private var last: UInt64 = 0

  public init() {}

  public var count: Int { waiters.count }

  /// True when it may be there; false when it took too long or the task was cancelled.
  public func wait(atMost limit: Duration) async -> Bool {
    last += 1
    let number = last
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let timer = EventLoop.shared.schedule(after: limit) { [weak self] in
          self?.release(number, false)
        }
        waiters[number] = Waiter(continuation: continuation, timer: timer)
      }
    } onCancel: {
      Task { @MainActor in self.release(number, false) }
    }
  }

  /// It is there.
  public func releaseAll() {
    for number in waiters.keys.sorted() { release(number, true) }
  }

  public func failAll() {
    for number in waiters.keys.sorted() { release(number, false) }
  }

  /// Those that wait now fail after this long, if nothing comes before.
  public func failAll(after delay: Duration) {
    guard !waiters.isEmpty else { return }
    let newest = last
    EventLoop.shared.schedule(after: delay) { [weak self] in
      guard let self else { return }
      for number in waiters.keys.sorted() where number <= newest { release(number, false) }
    }
  }

  private func release(_ number: UInt64, _ came: Bool) {
    guard let waiter = waiters.removeValue(forKey: number) else { return }
    waiter.timer.cancel()
    waiter.continuation.resume(returning: came)
  }
}
