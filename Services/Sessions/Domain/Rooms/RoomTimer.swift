/// The one timer of a room: work, break, work, … after every so many work phases a long break.
///
/// Nothing is counted down: a phase has a clock that keeps the stretches in which it ran, and what
/// remains follows from the server's time. A phase that ran out is finished by `advance`, at the
/// time at which it ran out, however much later that is noticed; every other operation takes for
/// granted that `advance` was called with the same instant.
///
/// Instants are milliseconds since the epoch.
nonisolated struct RoomTimer: Hashable, Sendable {
  /// The values are those of the contract's enums, and of the database.
  enum Phase: Int32, Sendable {
    case work = 1
    case shortBreak = 2
    case longBreak = 3
  }

  /// The values are those of the contract's enums, and of the database.
  enum Status: Int32, Sendable {
    case idle = 1
    case running = 2
    case paused = 3
    case completed = 4
  }

  private(set) var phase = Phase.work
  /// 1 with the first work phase; a break belongs to the work phase before it.
  private(set) var cycle = 1
  /// How many phases have begun, ever: names the one that runs.
  private(set) var number: Int64 = 0
  /// Counts up by one for each change.
  private(set) var version: Int64 = 1
  /// The clock of the phase; nil before it begins.
  private(set) var clock: SessionClock?
  /// How long the phase that has begun is to run: changes of the plan do not touch it.
  private(set) var lengthMilliseconds: Int64 = 0

  init() {}

  /// A timer as it was stored.
  init(
    phase: Phase, cycle: Int, number: Int64, version: Int64, clock: SessionClock?,
    lengthMilliseconds: Int64
  ) {
    self.phase = phase
    self.cycle = cycle
    self.number = number
    self.version = version
    self.clock = clock
    self.lengthMilliseconds = lengthMilliseconds
  }

  // MARK: - Readings

  var status: Status {
    switch clock?.status {
    case nil: .idle
    case .running: .running
    case .paused: .paused
    case .completed: .completed
    }
  }

  /// When the phase runs out; nil while it does not run.
  var deadline: Int64? {
    guard let clock, let since = clock.runningSince else { return nil }
    return since + lengthMilliseconds - clock.ranMilliseconds
  }

  func remainingMilliseconds(at now: Int64, _ plan: RoomPlan) -> Int64 {
    switch status {
    case .idle: plan.milliseconds(of: phase)
    case .running: min(lengthMilliseconds, max(0, (deadline ?? now) - now))
    case .paused: max(0, lengthMilliseconds - (clock?.ranMilliseconds ?? 0))
    case .completed: 0
    }
  }

  func durationMilliseconds(_ plan: RoomPlan) -> Int64 {
    clock == nil ? plan.milliseconds(of: phase) : lengthMilliseconds
  }

  // MARK: - Transitions

  /// Finishes what has run out by `now`, with what follows by itself.
  mutating func advance(to now: Int64, _ plan: RoomPlan) -> [FinishedPhase] {
    var finished: [FinishedPhase] = []
    while let deadline, deadline <= now { finished.append(finish(at: deadline, plan)) }
    return finished
  }

  /// Begins the phase, or the next one after one that is completed; a paused one runs on.
  mutating func start(at now: Int64, _ plan: RoomPlan) {
    switch status {
    case .running: return
    case .paused:
      let since = max(now, clock?.segments.last?.end ?? now)
      clock = clock.map {
        SessionClock(start: $0.start, segments: $0.segments, runningSince: since, end: nil)
      }
      version += 1
    case .idle: begin(at: now, plan)
    case .completed:
      moveOn(plan)
      begin(at: now, plan)
    }
  }

  /// Stops a running phase; nothing in any other state.
  mutating func pause(at now: Int64) throws(SessionClock.Refusal) {
    guard status == .running, var running = clock else { return }
    guard try running.pause(at: now) else { return }
    clock = running
    version += 1
  }

  /// Back to the first work phase, not begun.
  mutating func reset() {
    guard phase != .work || cycle != 1 || clock != nil else { return }
    phase = .work
    cycle = 1
    clock = nil
    version += 1
  }

  /// Ends the phase early; nil where it is over already.
  mutating func complete(at now: Int64, _ plan: RoomPlan) -> FinishedPhase? {
    switch status {
    case .completed: return nil
    case .idle:
      // A phase that never ran starts no break: nobody has worked.
      begin(at: now, plan)
      var still = plan
      still.startsBreaks = false
      return finish(at: now, still)
    case .running, .paused: return finish(at: now, plan)
    }
  }

  /// On to the next phase, which begins at once if the one before ran and starts its break.
  mutating func skip(at now: Int64, _ plan: RoomPlan) {
    let begins = status == .running && phase == .work && plan.startsBreaks
    moveOn(plan)
    if begins { begin(at: now, plan) } else { version += 1 }
  }

  // MARK: - Helpers

  private mutating func begin(at now: Int64, _ plan: RoomPlan) {
    clock = SessionClock(startingAt: now)
    lengthMilliseconds = plan.milliseconds(of: phase)
    number += 1
    version += 1
  }

  private mutating func moveOn(_ plan: RoomPlan) {
    if phase == .work {
      phase = plan.breakPhase(after: cycle)
    } else {
      phase = .work
      cycle += 1
    }
    clock = nil
  }

  private mutating func finish(at instant: Int64, _ plan: RoomPlan) -> FinishedPhase {
    let ended = (clock ?? SessionClock(startingAt: instant)).ended(at: instant)
    clock = ended
    version += 1
    let finished = FinishedPhase(
      number: number, phase: phase, cycle: cycle, segments: ended.segments,
      end: ended.end ?? instant)
    if phase == .work, plan.startsBreaks {
      moveOn(plan)
      begin(at: finished.end, plan)
    }
    return finished
  }
}

nonisolated extension SessionClock {
  /// How long the clock ran in the stretches that are over.
  fileprivate var ranMilliseconds: Int64 { segments.reduce(0) { $0 + $1.milliseconds } }

  /// The clock, stopped.
  fileprivate func ended(at instant: Int64) -> SessionClock {
    let end = max(instant, runningSince ?? segments.last?.end ?? start)
    var segments = segments
    if let since = runningSince, end > since {
      segments.append(Interval(start: since, end: end))
    }
    return SessionClock(start: start, segments: segments, runningSince: nil, end: end)
  }
}
