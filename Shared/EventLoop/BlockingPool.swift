import Glibc
import Synchronization

/// A few threads for what would block the loop (password hashes, name resolution), behind a queue
/// with a limit.
public nonisolated final class BlockingPool: Sendable {
  /// The queue is at its limit: say so to the caller rather than let it wait.
  public struct Full: Error {}

  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var running = 0
    var threads = 0
  }

  private let state = Mutex(State())
  private let threadLimit: Int
  private let queueLimit: Int

  /// Threads start when they are needed and end when nothing waits.
  public init(threads: Int, queueLimit: Int) {
    threadLimit = threads
    self.queueLimit = queueLimit
  }

  /// Jobs that wait for a thread.
  public var queued: Int { state.withLock { $0.jobs.count } }

  /// Runs `body` on a thread of the pool. Throws `Full`, or what `body` throws.
  public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withUnsafeThrowingContinuation { continuation in
      let accepted = submit { continuation.resume(with: Result(catching: body)) }
      if !accepted { continuation.resume(throwing: Full()) }
    }
  }

  private func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
    let (accepted, startsThread) = state.withLock { state -> (Bool, Bool) in
      guard state.jobs.count < queueLimit else { return (false, false) }
      state.jobs.append(job)
      guard state.threads < threadLimit, state.jobs.count > state.threads - state.running else {
        return (true, false)
      }
      state.threads += 1
      return (true, true)
    }
    if startsThread { startThread() }
    return accepted
  }

  private func startThread() {
    var thread = pthread_t()
    let pool = Unmanaged.passRetained(self).toOpaque()
    let failure = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<BlockingPool>.fromOpaque(context).takeRetainedValue().work()
        return nil
      }, pool)
    precondition(failure == 0, "no thread could be started")
    pthread_detach(thread)
  }

  private func work() {
    while let job = next() {
      job()
      state.withLock { $0.running -= 1 }
    }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard !state.jobs.isEmpty else {
        state.threads -= 1
        return nil
      }
      state.running += 1
      return state.jobs.removeFirst()
    }
  }
}
