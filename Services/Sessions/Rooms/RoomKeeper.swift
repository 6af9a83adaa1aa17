import EventLoop
import Observability
import Wire

/// Lets the rooms' timers run without anybody's call: each second it finishes the phases that have
/// run out, closes rooms that nobody needs any more, and removes those closed long ago.
///
/// Several processes may do so at the same time: a room that another one has locked is left to it.
public final class RoomKeeper {
  private let rooms: FocusRooms
  private var timer: LoopTimer?
  private var isSweeping = false

  private static let interval = Duration.seconds(1)
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

  /// Does all that is due.
  func sweep() async {
    guard !isSweeping else { return }
    isSweeping = true
    defer { isSweeping = false }
    do {
      let store = rooms.store
      while true {
        let due = try await store.due(at: rooms.now(), limit: Self.roomsMax)
        var isMoving = false
        for id in due where await keep(id, { _ in }) { isMoving = true }
        if due.count < Self.roomsMax || !isMoving { break }
      }
      for id in try await store.expired(at: rooms.now(), limit: Self.roomsMax) {
        _ = await keep(id) { open in
          // It may have been used since it was found.
          if open.isExpired { try await open.close() }
        }
      }
      try await store.removeExpired(at: rooms.now(), limit: Self.roomsMax)
    } catch {
      Log.shared.debug("rooms not swept", ["error": .error(error)])
    }
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
