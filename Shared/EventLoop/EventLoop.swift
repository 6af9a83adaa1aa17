import CLinux

/// One thread, one epoll set, one queue of jobs: the whole process runs here.
///
/// A turn: run the jobs, flush what became dirty (once), release what was closed, wait for events,
/// hand them out, fire the timers that are due.
public final class EventLoop {
  public static let shared = EventLoop()

  /// Monotonic nanoseconds, read once a turn.
  public private(set) var now = focal_monotonic_ns()
  /// Monotonic nanoseconds, read from the clock: where a turn's own length matters.
  public var clock: UInt64 { focal_monotonic_ns() }
  /// How long the last turns took without waiting, for the metrics: the sum and the longest.
  public private(set) var busyNanoseconds: UInt64 = 0
  public private(set) var longestTurnNanoseconds: UInt64 = 0
  public private(set) var turns: UInt64 = 0

  private let epoll = focal_epoll_create()
  private let executor = LoopExecutor.shared
  private let events = UnsafeMutablePointer<focal_event>.allocate(capacity: 256)
  private var timers = TimerHeap()
  private var dirty: [Source] = []
  private var graveyard: [Source] = []
  private var isStopped = false

  private init() {
    precondition(epoll >= 0, "no epoll")
    _ = focal_epoll_add(epoll, executor.wakeDescriptor, UInt32(FOCAL_IN), nil)
  }

  /// Turns until `stop()`.
  public func run() {
    isStopped = false
    while !isStopped { turn(waitingAtMost: nil) }
  }

  public func stop() { isStopped = true }

  /// One turn that waits for events at most this long (`nil`: until there is one).
  public func turn(waitingAtMost limit: Duration? = .zero) {
    runUntilIdle()
    let count = focal_epoll_wait(epoll, events, 256, timeout(limit))
    let start = focal_monotonic_ns()
    now = start
    for index in 0..<Int(max(count, 0)) {
      let event = events[index]
      guard let context = event.context else {
        executor.collect()
        continue
      }
      Unmanaged<Source>.fromOpaque(context)._withUnsafeGuaranteedRef { source in
        if !source.isClosed { source.ready(Readiness(rawValue: event.events)) }
      }
    }
    fireTimers()
    runUntilIdle()
    measure(since: start)
  }

  /// Calls `action` once, from the loop, after at least this long. 10^5 pending ones are cheap.
  @discardableResult
  public func schedule(after delay: Duration, _ action: @escaping () -> Void) -> LoopTimer {
    let due = focal_monotonic_ns() &+ delay.clampedNanoseconds
    let timer = LoopTimer(due: due, action: action)
    timers.insert(timer)
    return timer
  }

  /// Returns after at least this long; others go on meanwhile.
  public func pause(for time: Duration) async {
    await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
      schedule(after: time) { waiter.resume() }
    }
  }

  /// Begins a task that runs right here until it waits for the first time.
  ///
  /// `Task.immediate` does the same, but of a task that it began the runtime (6.3) looks up, under a
  /// lock, which executor it prefers, whenever it goes on: 115 ns instead of 43.
  @discardableResult
  public func begin(_ operation: @escaping @MainActor () async -> Void) -> Task<Void, Never> {
    // In tests jobs run elsewhere.
    guard executor.isInstalled else { return Task.immediate(operation: operation) }
    let task = Task(operation: operation)
    executor.runNewest()
    return task
  }

  func cancel(_ timer: LoopTimer) { timers.remove(timer) }

  func register(_ source: Source, events: UInt32) {
    // The set holds the source until the end of the turn in which it is closed.
    let context = Unmanaged.passRetained(source).toOpaque()
    if focal_epoll_add(epoll, source.descriptor, events, context) != 0 {
      Unmanaged<Source>.fromOpaque(context).release()
      source.isRegistered = false
    }
  }

  func modify(_ source: Source, events: UInt32) {
    let context = Unmanaged.passUnretained(source).toOpaque()
    _ = focal_epoll_modify(epoll, source.descriptor, events, context)
  }

  func deregister(_ source: Source) {
    _ = focal_epoll_remove(epoll, source.descriptor)
    graveyard.append(source)
  }

  func markDirty(_ source: Source) { dirty.append(source) }

  private func runUntilIdle() {
    executor.drain(rounds: 64)
    flushDirty()
    guard !graveyard.isEmpty else { return }
    let closed = graveyard
    graveyard.removeAll(keepingCapacity: true)
    for source in closed { Unmanaged.passUnretained(source).release() }
  }

  private func flushDirty() {
    var index = 0
    while index < dirty.count {
      let source = dirty[index]
      index += 1
      source.isDirty = false
      if !source.isClosed { source.flush() }
    }
    dirty.removeAll(keepingCapacity: true)
  }

  private func fireTimers() {
    guard !timers.isEmpty else { return }
    while let timer = timers.popDue(at: now) { timer.fire() }
  }

  private func timeout(_ limit: Duration?) -> Int64 {
    if executor.hasJobs || isStopped { return 0 }
    var wait = limit.map { Int64(clamping: $0.clampedNanoseconds) } ?? -1
    if let due = timers.nextDue {
      let current = focal_monotonic_ns()
      let left = due > current ? Int64(clamping: due - current) : 0
      wait = wait < 0 ? left : min(wait, left)
    }
    return wait
  }

  private func measure(since start: UInt64) {
    let spent = focal_monotonic_ns() &- start
    turns &+= 1
    busyNanoseconds &+= spent
    if spent > longestTurnNanoseconds { longestTurnNanoseconds = spent }
  }
}
