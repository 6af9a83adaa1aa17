import EventLoop
import Observability
import Wire

/// Shows people as idle whose sockets have been gone for longer than the grace, and removes the
/// links of gateways that are gone.
///
/// Several processes may do so at the same time.
public final class PresenceKeeper {
  private let sockets: RoomSockets
  private let rooms: FocusRooms
  private let graceMilliseconds: Int64
  private var watch = GatewayWatch(leaseNanoseconds: 30_000_000_000)
  private var alarm: Alarm?

  private static let intervalMilliseconds: Int64 = 5000
  /// How long a gateway that is gone is remembered: longer than any call that it made may take.
  private static let memoryMilliseconds: Int64 = 600_000
  /// Participants a query.
  private static let lostMax = 500

  /// - Parameter graceMilliseconds: how long a broken connection counts as presence.
  public init(_ sockets: RoomSockets, graceMilliseconds: Int64) {
    self.sockets = sockets
    rooms = sockets.rooms
    self.graceMilliseconds = graceMilliseconds
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  public func start() {
    let alarm = Alarm(intervalMilliseconds: Self.intervalMilliseconds, now: rooms.now) {
      [weak self] in await self?.look()
    }
    self.alarm = alarm
    sockets.whenLost = { [weak self] in self?.expect(lostAt: $0) }
    sockets.whenLeft = { [weak alarm, rooms] in alarm?.set(at: rooms.now()) }
    alarm.start()
  }

  public func stop() { alarm?.stop() }

  private func look() async {
    do {
      try await finishGrace()
    } catch {
      Log.shared.debug("lost participants not looked for", ["error": .error(error)])
    }
    do {
      try await lookAtGateways(monotonic: EventLoop.shared.clock)
    } catch {
      watch.lose()
      Log.shared.debug("gateways not looked at", ["error": .error(error)])
    }
  }

  private func expect(lostAt: Int64) { alarm?.set(at: lostAt + graceMilliseconds) }

  /// Shows who has had no socket for too long as idle.
  func finishGrace() async throws {
    while true {
      let now = rooms.now()
      let horizon = now - graceMilliseconds + Self.intervalMilliseconds
      let lost = try await rooms.store.lost(before: horizon, limit: Self.lostMax)
      if let next = lost.first(where: { $0.lostAt + graceMilliseconds > now }) {
        expect(lostAt: next.lostAt)
      }
      let due = Set(lost.filter { $0.lostAt + graceMilliseconds <= now }.map(\.roomID))
      for roomID in due.sorted() {
        _ = try await rooms.changeIfThere(roomID, context(roomID)) { open in
          try await open.attend {
            $0.elapse(at: open.now, graceMilliseconds: graceMilliseconds)
          }
        }
      }
      if due.isEmpty || lost.count < Self.lostMax { return }
    }
  }

  /// Takes who was silent for gone.
  func lookAtGateways(monotonic: UInt64) async throws {
    var all = try await sockets.gateways.all()
    let here = all.filter { $0.goneAt == nil }.map { ($0.id, $0.seenAt) }
    let silent = Set(watch.look(here, at: monotonic))
    if !silent.isEmpty {
      for gateway in all where silent.contains(gateway.id) {
        try await sockets.gateways.retire(gateway.id, seenAt: gateway.seenAt, at: rooms.now())
      }
      all = try await sockets.gateways.all()
    }
    for gateway in all {
      guard let goneAt = gateway.goneAt else { continue }
      let isForgotten = goneAt + Self.memoryMilliseconds <= rooms.now()
      guard !gateway.isCleared || isForgotten else { continue }
      try await clear(gateway.id)
      if isForgotten {
        try await sockets.gateways.remove(gateway.id)
      } else {
        try await sockets.gateways.setCleared(gateway.id)
      }
    }
  }

  private func clear(_ gateway: String) async throws {
    let linked = try await sockets.gateways.roomIDs(linkedTo: gateway)
    // One that holds no sockets need not tell that it is there.
    guard !linked.isEmpty else { return }
    Log.shared.info(
      "a gateway is gone", ["gateway": .string(gateway), "rooms": .int(linked.count)])
    for roomID in linked {
      _ = try await rooms.changeIfThere(roomID, context(roomID)) { open in
        try await open.attend { $0.unlink(gateway, at: open.now) }
      }
    }
    expect(lostAt: rooms.now())
  }

  private func context(_ roomID: String) -> CallContext {
    CallContext(deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: roomID)
  }
}
