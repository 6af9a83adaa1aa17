/// The unfinished calls of a connection, by slot. A call's id is its slot and how often the slot was
/// used, so a late answer to an earlier call finds nobody.
nonisolated struct CallTable<Waiter> {
  private struct Slot {
    var waiter: Waiter?
    var isTaken = false
    /// Counts the slot's uses; never 0, so that no id is 0.
    var use: UInt32 = 0
    var deadline: UInt64 = 0
  }

  static var slotBits: UInt32 { 14 }
  private static var useMask: UInt32 { .max >> slotBits }

  private var slots: [Slot] = []
  private var free: [UInt32] = []
  private(set) var count = 0
  let limit: Int

  init(limit: Int) { self.limit = min(limit, 1 << Int(Self.slotBits)) }

  /// Takes a slot for a call that must end by `deadline`; `nil` if there are `limit` calls already.
  mutating func reserve(deadline: UInt64) -> UInt32? {
    guard count < limit else { return nil }
    let index: Int
    if let last = free.popLast() {
      index = Int(last)
    } else {
      index = slots.count
      slots.append(Slot())
    }
    count += 1
    let use = (slots[index].use &+ 1) & Self.useMask
    slots[index].use = use == 0 ? 1 : use
    slots[index].isTaken = true
    slots[index].deadline = deadline
    return slots[index].use << Self.slotBits | UInt32(index)
  }

  /// Who waits for the call's answer. Nothing happens if the call is over.
  mutating func park(_ waiter: Waiter, for id: UInt32) {
    if let index = index(of: id) { slots[index].waiter = waiter }
  }

  func contains(_ id: UInt32) -> Bool { index(of: id) != nil }

  /// Ends the call; `nil` if it is over already or nobody waits.
  mutating func remove(_ id: UInt32) -> Waiter? {
    guard let index = index(of: id) else { return nil }
    return release(index)
  }

  /// Ends the calls whose deadline is at or before `now`.
  mutating func removeExpired(at now: UInt64) -> [(id: UInt32, waiter: Waiter)] {
    var expired: [(UInt32, Waiter)] = []
    for index in slots.indices where slots[index].isTaken && slots[index].deadline <= now {
      let id = slots[index].use << Self.slotBits | UInt32(index)
      if let waiter = release(index) { expired.append((id, waiter)) }
    }
    return expired
  }

  /// Ends all calls.
  mutating func removeAll() -> [Waiter] {
    var waiters: [Waiter] = []
    for index in slots.indices where slots[index].isTaken {
      if let waiter = release(index) { waiters.append(waiter) }
    }
    return waiters
  }

  /// The deadline that comes first.
  var nextDeadline: UInt64? {
    slots.lazy.filter(\.isTaken).map(\.deadline).min()
  }

  private func index(of id: UInt32) -> Int? {
    let index = Int(id & (1 << Self.slotBits - 1))
    guard index < slots.count, slots[index].isTaken, slots[index].use == id >> Self.slotBits
    else { return nil }
    return index
  }

  private mutating func release(_ index: Int) -> Waiter? {
    let waiter = slots[index].waiter
    slots[index].waiter = nil
    slots[index].isTaken = false
    free.append(UInt32(index))
    count -= 1
    return waiter
  }
}
