import Testing

@testable import Postgres

/// No server, no clock: inputs and what they cause.
@Suite struct PoolStateTests {
  private func pool(_ size: Int, _ limits: PoolState.Limits = .init()) -> PoolState {
    PoolState(size: size, limits: limits, seed: 1)
  }

  private func ready(_ size: Int, open: Int, _ limits: PoolState.Limits = .init()) -> PoolState {
    var pool = pool(size, limits)
    pool.start()
    pool.connected(0, now: 0)
    for slot in 1..<max(1, open) {
      _ = pool.request(.write, now: 0, deadline: 100)
      pool.connected(slot, now: 0)
    }
    _ = pool.takeActions()
    return pool
  }

  private func slot(_ placement: PoolState.Placement) -> Int? {
    if case .granted(let grant) = placement { grant.slot } else { nil }
  }

  @Test func startOpensOneConnection() {
    var pool = pool(4)
    pool.start()
    #expect(pool.takeActions() == [.open(slot: 0)])
    #expect(!pool.isReady)
    pool.connected(0, now: 5)
    #expect(pool.isReady)
  }

  @Test func whoCameBeforeTheConnectionWaitsForIt() {
    var pool = pool(4)
    pool.start()
    _ = pool.takeActions()
    #expect(pool.request(.read, now: 0, deadline: 100) == .waiting(token: 1))
    #expect(pool.request(.write, now: 0, deadline: 100) == .waiting(token: 2))
    #expect(pool.takeActions().isEmpty)
    pool.connected(0, now: 1)
    let grant = PoolState.Grant(slot: 0, generation: 0)
    let actions = pool.takeActions()
    #expect(actions.contains(.grant(token: 1, grant)))
    #expect(actions.contains(.grant(token: 2, grant)))
    #expect(pool.inFlight == 2)
  }

  @Test func readsShareSlotZero() {
    var pool = ready(4, open: 4)
    for _ in 0..<100 { #expect(slot(pool.request(.read, now: 0, deadline: 100)) == 0) }
  }

  @Test func readsLeaveASlotThatAnswersNothing() {
    var limits = PoolState.Limits()
    limits.stallNanoseconds = 10
    var pool = ready(2, open: 1, limits)
    #expect(slot(pool.request(.read, now: 0, deadline: 100)) == 0)
    #expect(pool.request(.read, now: 11, deadline: 100) == .waiting(token: 1))
    #expect(pool.takeActions() == [.open(slot: 1)])
    pool.connected(1, now: 12)
    let grant = PoolState.Grant(slot: 1, generation: 0)
    #expect(pool.takeActions() == [.grant(token: 1, grant)])
    #expect(slot(pool.request(.read, now: 12, deadline: 100)) == 1)
  }

  @Test func whoWaitsForABetterSlotTakesTheStalledOneIfNoneComes() {
    var limits = PoolState.Limits()
    limits.stallNanoseconds = 10
    var pool = ready(2, open: 1, limits)
    _ = pool.request(.read, now: 0, deadline: 100)
    _ = pool.request(.read, now: 11, deadline: 100)
    _ = pool.takeActions()
    pool.lost(1, now: 12)
    let grant = PoolState.Grant(slot: 0, generation: 0)
    #expect(pool.takeActions().contains(.grant(token: 1, grant)))
  }

  @Test func writesGoToTheLeastLoadedAndOpenMoreAsLoadAsks() {
    var pool = ready(3, open: 1)
    #expect(slot(pool.request(.write, now: 0, deadline: 100)) == 0)
    #expect(pool.takeActions() == [.open(slot: 1)])
    pool.connected(1, now: 0)
    #expect(slot(pool.request(.write, now: 0, deadline: 100)) == 1)
    #expect(pool.takeActions().isEmpty)
    #expect(slot(pool.request(.write, now: 0, deadline: 100)) == 1)
    #expect(pool.takeActions() == [.open(slot: 2)])
    pool.connected(2, now: 0)
    #expect(slot(pool.request(.write, now: 0, deadline: 100)) == 2)
  }

  @Test func aTransactionHasItsSlotForItself() {
    var pool = ready(2, open: 1)
    #expect(pool.request(.exclusive, now: 0, deadline: 100) == .waiting(token: 1))
    #expect(pool.takeActions() == [.open(slot: 1)])
    pool.connected(1, now: 0)
    let grant = PoolState.Grant(slot: 1, generation: 0)
    #expect(pool.takeActions() == [.grant(token: 1, grant)])
    #expect(slot(pool.request(.write, now: 0, deadline: 100)) == 0)
    #expect(pool.request(.exclusive, now: 0, deadline: 100) == .waiting(token: 2))
    pool.released(grant, now: 1)
    #expect(pool.takeActions() == [.grant(token: 2, grant)])
  }

  @Test func onePoolOfOneServesAll() {
    var pool = ready(1, open: 1)
    guard case .granted(let grant) = pool.request(.exclusive, now: 0, deadline: 100) else {
      Issue.record("no slot")
      return
    }
    #expect(pool.request(.read, now: 0, deadline: 100) == .waiting(token: 1))
    pool.released(grant, now: 0)
    #expect(pool.takeActions() == [.grant(token: 1, grant)])
  }

  @Test func aLostConnectionComesBackAndLateAnswersOfItDoNotCount() {
    var pool = ready(2, open: 1)
    guard case .granted(let old) = pool.request(.read, now: 0, deadline: 100) else {
      Issue.record("no slot")
      return
    }
    pool.lost(0, now: 0)
    guard case .reopen(0, let delay)? = pool.takeActions().first else {
      Issue.record("not reopened")
      return
    }
    #expect(delay >= .milliseconds(25) && delay <= .milliseconds(50))
    pool.reopenDue(0)
    #expect(pool.takeActions() == [.open(slot: 0)])
    pool.connected(0, now: 1)
    _ = pool.request(.read, now: 1, deadline: 100)
    pool.finished(old, now: 2)
    #expect(pool.inFlight == 1)
  }

  @Test func backOffGrowsToASecond() {
    var pool = pool(1)
    pool.start()
    var delays: [Duration] = []
    for _ in 0..<8 {
      _ = pool.takeActions()
      pool.lost(0, now: 0)
      guard case .reopen(_, let delay)? = pool.takeActions().first else { continue }
      delays.append(delay)
      pool.reopenDue(0)
    }
    #expect(delays.count == 8)
    #expect(delays[0] <= .milliseconds(50))
    #expect(delays.suffix(2).allSatisfy { $0 >= .milliseconds(500) && $0 <= .seconds(1) })
  }

  @Test func waitingForAServerThatIsAwayEndsAfterTheConnectBudget() {
    var limits = PoolState.Limits()
    limits.connectBudget = 50
    var pool = pool(1, limits)
    pool.start()
    pool.lost(0, now: 0)
    _ = pool.request(.read, now: 0, deadline: 1_000)
    _ = pool.request(.read, now: 20, deadline: 30)
    _ = pool.takeActions()
    #expect(pool.nextExpiry == 30)
    pool.expire(now: 30)
    #expect(pool.takeActions() == [.refuse(token: 2, .unavailable)])
    #expect(pool.nextExpiry == 50)
    pool.expire(now: 50)
    #expect(pool.takeActions() == [.refuse(token: 1, .unavailable)])
  }

  @Test func waitingForAFreeConnectionEndsAtTheDeadline() {
    var limits = PoolState.Limits()
    limits.connectBudget = 50
    var pool = ready(1, open: 1, limits)
    _ = pool.request(.exclusive, now: 0, deadline: 1_000)
    _ = pool.request(.read, now: 0, deadline: 1_000)
    pool.expire(now: 999)
    #expect(pool.takeActions().isEmpty)
    pool.expire(now: 1_000)
    #expect(pool.takeActions() == [.refuse(token: 1, .timedOut)])
  }

  @Test func theQueueIsBounded() {
    var limits = PoolState.Limits()
    limits.waitingMax = 2
    var pool = pool(1, limits)
    pool.start()
    _ = pool.request(.read, now: 0, deadline: 100)
    _ = pool.request(.read, now: 0, deadline: 100)
    #expect(pool.request(.read, now: 0, deadline: 100) == .refused(.overloaded))
    pool.cancel(token: 1)
    #expect(pool.request(.read, now: 0, deadline: 100) == .waiting(token: 3))
  }

  @Test func closingRefusesWhoWaitsAndWhoComes() {
    var pool = pool(1)
    pool.start()
    _ = pool.request(.read, now: 0, deadline: 100)
    _ = pool.takeActions()
    pool.close()
    #expect(pool.takeActions() == [.refuse(token: 1, .unavailable)])
    #expect(pool.request(.read, now: 0, deadline: 100) == .refused(.unavailable))
    pool.lost(0, now: 0)
    #expect(pool.takeActions().isEmpty)
  }

  @Test func anyHistoryEndsWithNothingInFlight() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed", seed)
    var random = seed
    func next(_ limit: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % limit
    }
    var pool = pool(4)
    var shared: [PoolState.Grant] = []
    var exclusive: [PoolState.Grant] = []
    var purposes: [Int: PoolState.Purpose] = [:]
    var connecting: Set<Int> = []
    var down: Set<Int> = []
    func keep(_ grant: PoolState.Grant, _ purpose: PoolState.Purpose) {
      if purpose == .exclusive { exclusive.append(grant) } else { shared.append(grant) }
    }
    func perform() {
      for action in pool.takeActions() {
        switch action {
        case .open(let slot): connecting.insert(slot)
        case .reopen(let slot, _): down.insert(slot)
        case .grant(let token, let grant): keep(grant, purposes.removeValue(forKey: token)!)
        case .refuse(let token, _): purposes[token] = nil
        }
      }
    }
    pool.start()
    perform()
    for now in 1...20_000 as ClosedRange<UInt64> {
      switch next(8) {
      case 0, 1, 2:
        let purpose = [PoolState.Purpose.read, .write, .exclusive][next(3)]
        switch pool.request(purpose, now: now, deadline: now + 500) {
        case .granted(let grant): keep(grant, purpose)
        case .waiting(let token): purposes[token] = purpose
        case .refused: break
        }
      case 3 where !shared.isEmpty: pool.finished(shared.remove(at: next(shared.count)), now: now)
      case 4 where !exclusive.isEmpty:
        pool.released(exclusive.remove(at: next(exclusive.count)), now: now)
      case 5:
        for slot in connecting { pool.connected(slot, now: now) }
        connecting.removeAll()
      case 6 where next(20) == 0:
        let slot = next(4)
        if !down.contains(slot), !connecting.contains(slot) || next(2) == 0 {
          if connecting.remove(slot) != nil || pool.openCount == 4 { pool.lost(slot, now: now) }
        }
      default:
        for slot in down { pool.reopenDue(slot) }
        down.removeAll()
        pool.expire(now: now)
      }
      perform()
      let current = exclusive.filter { pool.isCurrent($0) }
      #expect(Set(current.map(\.slot)).count == current.count, "two transactions share a slot")
    }
    while !shared.isEmpty || !exclusive.isEmpty || !purposes.isEmpty {
      for grant in shared.drain() { pool.finished(grant, now: 30_000) }
      for grant in exclusive.drain() { pool.released(grant, now: 30_000) }
      for slot in down { pool.reopenDue(slot) }
      down.removeAll()
      perform()
      for slot in connecting { pool.connected(slot, now: 30_000) }
      connecting.removeAll()
      perform()
    }
    #expect(pool.inFlight == 0)
    #expect(pool.waitingCount == 0)
  }
}

extension Array {
  fileprivate mutating func drain() -> [Element] {
    let all = self
    removeAll()
    return all
  }
}
