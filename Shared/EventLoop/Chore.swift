/// Work that comes again and again: a while after the start, and a while after each time it was done.
public final class Chore {
  private let interval: Duration
  private let work: () async -> Void
  private var timer: LoopTimer?

  public init(every interval: Duration, _ work: @escaping () async -> Void) {
    self.interval = interval
    self.work = work
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  public func start() {
    timer = EventLoop.shared.schedule(after: interval) { [weak self] in
      Task {
        await self?.work()
        if self?.timer != nil { self?.start() }
      }
    }
  }

  /// What is being done goes on to its end.
  public func stop() {
    timer?.cancel()
    timer = nil
  }
}
