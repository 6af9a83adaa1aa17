import CLinux
import Glibc
import Synchronization
@_spi(ExperimentalCustomExecutors) @_spi(ExperimentalScheduling) import _Concurrency

/// The executor of the main actor and of every task: jobs run on the loop's thread, in order.
///
/// The only file that knows the runtime's experimental interface. `SchedulingExecutor` is needed:
/// without it `Task.sleep` crashes.
nonisolated final class LoopExecutor: MainExecutor, TaskExecutor, SchedulingExecutor {
  static let shared = LoopExecutor()

  /// Signalled when a job arrives from another thread.
  let wakeDescriptor = focal_eventfd()

  private let thread = pthread_self()
  private let inbox = Mutex<[UnownedJob]>([])
  // Both are touched by the loop's thread alone: `enqueue` checks which thread it is on.
  private nonisolated(unsafe) var ready: [UnownedJob] = []
  private nonisolated(unsafe) var batch: [UnownedJob] = []
  /// Written once, by `main`.
  private(set) nonisolated(unsafe) var isInstalled = false

  var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }
  var hasJobs: Bool { !ready.isEmpty }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      ready.append(job)
    } else {
      inbox.withLock { $0.append(job) }
      focal_eventfd_signal(wakeDescriptor)
    }
  }

  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
  ) {
    // Every standard clock's duration is `Swift.Duration`; another clock's job runs at once.
    schedule(UnownedJob(job), after: delay as? Swift.Duration ?? .zero)
  }

  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
  ) {
    let delay = clock.now.duration(to: instant)
    schedule(UnownedJob(job), after: delay as? Swift.Duration ?? .zero)
  }

  private func schedule(_ job: UnownedJob, after delay: Duration) {
    MainActor.assumeIsolated {
      _ = EventLoop.shared.schedule(after: delay) { self.ready.append(job) }
    }
  }

  /// Runs what is ready, and what that makes ready, at most `rounds` times over.
  func drain(rounds: Int) {
    let executor = asUnownedSerialExecutor()
    var left = rounds
    while !ready.isEmpty && left > 0 {
      left -= 1
      swap(&ready, &batch)
      for job in batch { job.runSynchronously(on: executor) }
      batch.removeAll(keepingCapacity: true)
    }
  }

  /// Runs the job that was enqueued last, before all others.
  func runNewest() {
    guard let job = ready.popLast() else { return }
    job.runSynchronously(on: asUnownedSerialExecutor())
  }

  /// Takes over the jobs that came from other threads.
  func collect() {
    focal_eventfd_clear(wakeDescriptor)
    ready += inbox.withLock { jobs in
      defer { jobs.removeAll(keepingCapacity: true) }
      return jobs
    }
  }

  func checkIsolated() { precondition(isCurrent, "not on the loop's thread") }
  func isIsolatingCurrentContext() -> Bool? { isCurrent }
  func run() throws { MainActor.assumeIsolated { EventLoop.shared.run() } }
  func stop() { MainActor.assumeIsolated { EventLoop.shared.stop() } }

  /// Makes the loop the executor of everything; first thing in a synchronous `main`.
  static func install() {
    _createExecutors(factory: LoopExecutors.self)
    shared.isInstalled = true
  }
}

private nonisolated struct LoopExecutors: ExecutorFactory {
  static var mainExecutor: any MainExecutor { LoopExecutor.shared }
  static var defaultExecutor: any TaskExecutor { LoopExecutor.shared }
}
