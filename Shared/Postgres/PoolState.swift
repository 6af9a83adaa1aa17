/// Who gets which connection, when connections are opened, and when waiting ends.
///
/// Pure: inputs in, `actions` out. Slot 0 is for reads, which share it so that a turn's reads share
/// one Sync; writes go to the least loaded of the others, so that the server groups their commits.
/// A transaction has a slot for itself. Slots open one by one, as load asks for them.
struct PoolState {
  enum Purpose { case read, write, exclusive }

  enum Action: Equatable {
    case open(slot: Int)
    case reopen(slot: Int, after: Duration)
    case grant(token: Int, Grant)
    case refuse(token: Int, Refusal)
  }

  /// A slot for one operation. `generation` tells a slot's connections apart.
  struct Grant: Equatable {
    let slot: Int
    let generation: Int
  }

  enum Refusal: Equatable { case unavailable, timedOut, overloaded }

  enum Placement: Equatable {
    case granted(Grant)
    case waiting(token: Int)
    case refused(Refusal)
  }

  struct Limits {
    /// Waiting for a connection to be made, with none there.
    var connectBudget: UInt64 = 1_000_000_000
    var waitingMax = 4_096
    /// Under way on one connection.
    var inFlightMax = 2_048
    /// Reads leave slot 0 for others beyond this many, or when it has answered nothing this long.
    var sharedReadsMax = 256
    var stallNanoseconds: UInt64 = 10_000_000
  }

  private enum Phase { case closed, connecting, ready, waitingToReopen }

  private struct Slot {
    var phase = Phase.closed
    var generation = 0
    var inFlight = 0
    var isExclusive = false
    var progressAt: UInt64 = 0
    var failures = 0
  }

  private struct Waiter {
    let token: Int
    let purpose: Purpose
    let since: UInt64
    let deadline: UInt64
  }

  private(set) var actions: [Action] = []
  private var slots: [Slot]
  private var waiters: [Waiter] = []
  private var nextToken = 0
  private var isClosed = false
  private var jitter: UInt64
  private let limits: Limits

  init(size: Int, limits: Limits = Limits(), seed: UInt64) {
    precondition(size >= 1)
    slots = Array(repeating: Slot(), count: size)
    self.limits = limits
    jitter = seed
  }

  var isReady: Bool { slots.contains { $0.phase == .ready } }
  var openCount: Int { slots.count { $0.phase == .ready } }
  var inFlight: Int { slots.reduce(0) { $0 + $1.inFlight } }
  var waitingCount: Int { waiters.count }

  /// When a waiter's time ends next, for a timer.
  var nextExpiry: UInt64? {
    let isReady = isReady
    return waiters.lazy.map { self.expiry(of: $0, isReady) }.min()
  }

  mutating func takeActions() -> [Action] {
    let taken = actions
    actions.removeAll(keepingCapacity: true)
    return taken
  }

  // MARK: Inputs

  /// Opens the first connection.
  mutating func start() { open(0) }

  mutating func request(_ purpose: Purpose, now: UInt64, deadline: UInt64) -> Placement {
    if isClosed { return .refused(.unavailable) }
    // Who waits already goes first, unless it waits for something else.
    if waiters.isEmpty || purpose == .read, let slot = choose(purpose, now: now) {
      return .granted(take(slot, purpose, now: now))
    }
    guard waiters.count < limits.waitingMax else { return .refused(.overloaded) }
    nextToken += 1
    waiters.append(
      Waiter(token: nextToken, purpose: purpose, since: now, deadline: deadline))
    openMore(for: purpose)
    return .waiting(token: nextToken)
  }

  /// The generation of the slot's connection.
  func generation(of slot: Int) -> Int { slots[slot].generation }

  /// A shared operation has its answer, whether or not anybody waits for it still.
  mutating func finished(_ grant: Grant, now: UInt64) {
    guard isCurrent(grant) else { return }
    slots[grant.slot].inFlight -= 1
    slots[grant.slot].progressAt = max(slots[grant.slot].progressAt, now)
    if !waiters.isEmpty { serveWaiters(now: now) }
  }

  /// A transaction is over, and the server has said so.
  mutating func released(_ grant: Grant, now: UInt64) {
    guard isCurrent(grant) else { return }
    slots[grant.slot].isExclusive = false
    finished(grant, now: now)
  }

  mutating func connected(_ slot: Int, now: UInt64) {
    slots[slot].phase = .ready
    slots[slot].failures = 0
    slots[slot].progressAt = now
    serveWaiters(now: now)
  }

  /// The slot's connection broke, or could not be made.
  mutating func lost(_ slot: Int, now: UInt64) {
    guard !isClosed else { return }
    slots[slot].generation += 1
    slots[slot].inFlight = 0
    slots[slot].isExclusive = false
    slots[slot].failures += 1
    slots[slot].phase = .waitingToReopen
    actions.append(.reopen(slot: slot, after: backOff(slots[slot].failures)))
    // Who waited for this one may do with another.
    if !waiters.isEmpty { serveWaiters(now: now) }
  }

  mutating func reopenDue(_ slot: Int) {
    guard !isClosed, slots[slot].phase == .waitingToReopen else { return }
    slots[slot].phase = .closed
    open(slot)
  }

  /// A waiter gave up.
  mutating func cancel(token: Int) { waiters.removeAll { $0.token == token } }

  /// Refuses the waiters whose time is over.
  mutating func expire(now: UInt64) {
    let isReady = isReady
    var remaining: [Waiter] = []
    for waiter in waiters {
      if waiter.deadline <= now {
        actions.append(.refuse(token: waiter.token, isReady ? .timedOut : .unavailable))
      } else if expiry(of: waiter, isReady) <= now {
        actions.append(.refuse(token: waiter.token, .unavailable))
      } else {
        remaining.append(waiter)
      }
    }
    waiters = remaining
  }

  mutating func close() {
    isClosed = true
    for waiter in waiters { actions.append(.refuse(token: waiter.token, .unavailable)) }
    waiters.removeAll()
    for slot in slots.indices {
      slots[slot].phase = .closed
      slots[slot].generation += 1
      slots[slot].inFlight = 0
    }
  }

  /// False once the slot's connection is another.
  func isCurrent(_ grant: Grant) -> Bool { slots[grant.slot].generation == grant.generation }

  // MARK: Placing

  private func expiry(of waiter: Waiter, _ isReady: Bool) -> UInt64 {
    isReady ? waiter.deadline : min(waiter.deadline, waiter.since &+ limits.connectBudget)
  }

  private mutating func choose(_ purpose: Purpose, now: UInt64) -> Int? {
    switch purpose {
    case .read:
      if isUsable(0), slots[0].inFlight < limits.sharedReadsMax, !isStalled(0, now: now) {
        return 0
      }
      openMore(for: .read)
      return best(from: 1, now: now) ?? (isUsable(0) && !isStuck(0, now: now) ? 0 : nil)
    case .write:
      let slot = best(from: 1, now: now)
      if slot.map({ slots[$0].inFlight > 0 }) ?? true { openMore(for: .write) }
      return slot ?? (isUsable(0) && !isStuck(0, now: now) ? 0 : nil)
    case .exclusive:
      let slot = best(from: slots.count == 1 ? 0 : 1, now: now)
      // One more is better than waiting behind others' statements.
      if slot.map({ slots[$0].inFlight > 0 }) ?? true { openMore(for: .exclusive) }
      return slot
    }
  }

  /// The least loaded slot of those that answer.
  private func best(from first: Int, now: UInt64) -> Int? {
    var best: Int?
    for slot in first..<max(first, slots.count) where isUsable(slot) && !isStuck(slot, now: now) {
      if best.map({ slots[slot].inFlight < slots[$0].inFlight }) ?? true { best = slot }
    }
    return best
  }

  private mutating func take(_ slot: Int, _ purpose: Purpose, now: UInt64) -> Grant {
    if slots[slot].inFlight == 0 { slots[slot].progressAt = now }
    slots[slot].inFlight += 1
    if purpose == .exclusive { slots[slot].isExclusive = true }
    return Grant(slot: slot, generation: slots[slot].generation)
  }

  private func isUsable(_ slot: Int) -> Bool {
    slots[slot].phase == .ready && !slots[slot].isExclusive
      && slots[slot].inFlight < limits.inFlightMax
  }

  private func isStalled(_ slot: Int, now: UInt64) -> Bool {
    slots[slot].inFlight > 0 && now > slots[slot].progressAt &+ limits.stallNanoseconds
  }

  /// Stalled, with a better slot to come: then it is better to wait for that.
  private func isStuck(_ slot: Int, now: UInt64) -> Bool {
    guard isStalled(slot, now: now) else { return false }
    return slots.contains { $0.phase == .closed || $0.phase == .connecting }
      && slots[0].phase != .waitingToReopen
  }

  private mutating func serveWaiters(now: UInt64) {
    var remaining: [Waiter] = []
    for waiter in waiters {
      if let slot = choose(waiter.purpose, now: now) {
        actions.append(.grant(token: waiter.token, take(slot, waiter.purpose, now: now)))
      } else {
        remaining.append(waiter)
      }
    }
    waiters = remaining
  }

  // MARK: Opening

  /// Opens one more slot, unless one is on its way: load that lasts opens the next one after it.
  private mutating func openMore(for purpose: Purpose) {
    // While slot 0 waits to be opened again the server is away: more attempts would not help.
    guard slots[0].phase != .waitingToReopen, !slots.contains(where: { $0.phase == .connecting })
    else { return }
    if slots[0].phase == .closed, purpose == .read { return open(0) }
    let first = slots.count == 1 ? 0 : 1
    if let slot = slots.indices.dropFirst(first).first(where: { slots[$0].phase == .closed }) {
      open(slot)
    }
  }

  private mutating func open(_ slot: Int) {
    guard !isClosed, slots[slot].phase == .closed else { return }
    slots[slot].phase = .connecting
    actions.append(.open(slot: slot))
  }

  /// 50 ms, doubled each time up to 1 s, and of that a random half to the whole.
  private mutating func backOff(_ failures: Int) -> Duration {
    let ceiling = min(1_000, 50 << min(failures - 1, 5))
    jitter = jitter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return .milliseconds(ceiling / 2 + Int(jitter >> 33) % (ceiling / 2 + 1))
  }
}
