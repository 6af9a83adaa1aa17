import EventLoop
import Observability
import Wire

/// Lets the rooms' timers run without anybody's call: each second it finishes the phases that have
/// run out; now and then it closes rooms that nobody needs any more, and removes those closed long
/// ago.
///
/// Several processes may do so at the same time: a room that another one has locked is left to it.
public final class RoomKeeper {
  private let rooms: FocusRooms
  private var timer: LoopTimer?
  private var untilTidying = 0

  private static let interval = Duration.seconds(1)
  /// How often rooms that have expired are looked for, in intervals.
  private static let tidyingInterval = 30
  /// Rooms a query.
  private static let roomsMax = 100

  public init(_ rooms: FocusRooms) { self.rooms = rooms }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  public func start() {
    timer = EventLoop.shared.schedule(after: Self.interval) { [weak self] in
      Task {
        await self?.sweep()
        if self?.timer != nil { self?.start() }
      }
    }
  }

  public func stop() {
    timer?.cancel()
    timer = nil
  }

  private func sweep() async {
    do {
      try await finishDue()
      untilTidying -= 1
      guard untilTidying <= 0 else { return }
      untilTidying = Self.tidyingInterval
      try await tidy()
    } catch {
      Log.shared.debug("rooms not swept", ["error": .error(error)])
    }
  }

  /// Finishes all phases that have run out.
  func finishDue() async throws {
    while true {
      let due = try await rooms.store.due(at: rooms.now(), limit: Self.roomsMax)
      var isMoving = false
      for id in due where await keep(id, { _ in }) { isMoving = true }
      // What is left is locked by others, or cannot be kept now.
      if due.count < Self.roomsMax || !isMoving { return }
    }
  }

  /// Closes and removes what has expired.
  func tidy() async throws {
    for id in try await rooms.store.expired(at: rooms.now(), limit: Self.roomsMax) {
      _ = await keep(id) { open in
        // It may have been used since it was found.
        if open.isExpired { try await open.close() }
      }
    }
    try await rooms.store.removeExpired(at: rooms.now(), limit: Self.roomsMax)
  }

  /// False where the room was left to somebody else.
  private func keep(
    _ roomID: String, _ body: (OpenRoom) async throws -> Void
  ) async -> Bool {
    let context = CallContext(
      deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: roomID)
    do {
      let outcome = try await rooms.store.change(roomID, now: rooms.now, lock: .skip, body)
      guard let outcome else { return false }
      await rooms.handOver(outcome.events, context)
      return true
    } catch {
      Log.shared.warning("room not kept", ["room": .string(roomID), "error": .error(error)])
      return false
    }
  }
}
