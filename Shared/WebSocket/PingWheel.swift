import EventLoop

/// Looks at every socket once in each interval, spread evenly over it, with one timer for all.
///
/// A timer of each socket's own would cost memory and a turn of the loop for every ping; here a tick
/// looks at a hundredth of them, and there is none while no socket is open.
final class PingWheel {
  /// Where a socket sits, so that it leaves without a search.
  struct Place {
    var slot = -1
    var index = -1
  }

  private static let slotCount = 100
  private var slots: [[WebSocketConnection]] = .init(repeating: [], count: slotCount)
  private var next = 0
  private var newest = 0
  private var timer: LoopTimer?
  private let tick: Duration
  private(set) var count = 0

  init(interval: Duration) { tick = interval / Self.slotCount }

  /// Newcomers take the slots in turn: many that come at once are not pinged at once.
  func insert(_ socket: WebSocketConnection) {
    // A step without a common divisor visits all of them.
    newest = (newest + 61) % Self.slotCount
    let slot = newest
    socket.place = Place(slot: slot, index: slots[slot].count)
    slots[slot].append(socket)
    count += 1
    if timer == nil { arm() }
  }

  func remove(_ socket: WebSocketConnection) {
    let place = socket.place
    guard place.slot >= 0 else { return }
    socket.place = Place()
    let last = slots[place.slot].removeLast()
    if last !== socket {
      slots[place.slot][place.index] = last
      last.place.index = place.index
    }
    count -= 1
    guard count == 0 else { return }
    timer?.cancel()
    timer = nil
  }

  /// All that are here, as a copy: closing them changes the wheel.
  var all: [WebSocketConnection] { slots.flatMap { $0 } }

  private func arm() {
    timer = EventLoop.shared.schedule(after: tick) { [weak self] in self?.turn() }
  }

  private func turn() {
    timer = nil
    // A copy: who is found dead leaves.
    for socket in slots[next] { socket.checkHeartbeat() }
    next = (next + 1) % Self.slotCount
    if count > 0 { arm() }
  }
}
