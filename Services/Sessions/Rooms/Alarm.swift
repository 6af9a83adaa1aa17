import EventLoop

/// Does something at the earliest of the instants that it is given, and regularly besides.
///
/// Who acts looks what comes next: of several instants it keeps the earliest only.
///
/// One timer, whatever is waited for: 1,000 rooms whose timers run cost no more than one.
final class Alarm {
  private let intervalMilliseconds: Int64
  private let now: () -> Int64
  private let action: () async -> Void
  private var timer: LoopTimer?
  /// When it rings next. Milliseconds since the epoch.
  private var ringsAt = Int64.max
  private var isActing = false
  private var isStarted = false

  /// - Parameters:
  ///   - intervalMilliseconds: at least so often, whatever it is given.
  ///   - now: milliseconds since the epoch.
  init(
    intervalMilliseconds: Int64, now: @escaping () -> Int64, _ action: @escaping () async -> Void
  ) {
    self.intervalMilliseconds = intervalMilliseconds
    self.now = now
    self.action = action
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  /// The first time at once.
  func start() {
    isStarted = true
    set(at: now())
  }

  func stop() {
    isStarted = false
    timer?.cancel()
    timer = nil
    ringsAt = .max
  }

  /// Rings then, if it would not ring before.
  func set(at instant: Int64) {
    guard isStarted, instant < ringsAt else { return }
    ringsAt = instant
    if !isActing { schedule() }
  }

  private func schedule() {
    timer?.cancel()
    // A millisecond more: the instant itself has passed then, however it was rounded.
    let wait = min(max(0, ringsAt - now()) + 1, intervalMilliseconds)
    timer = EventLoop.shared.schedule(after: .milliseconds(wait)) { [weak self] in self?.ring() }
  }

  private func ring() {
    timer = nil
    isActing = true
    // What is set while it acts counts.
    ringsAt = now() + intervalMilliseconds
    Task {
      await action()
      isActing = false
      if isStarted { schedule() }
    }
  }
}
