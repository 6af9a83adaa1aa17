import EventLoop
import Observability
import Wire

/// Lets the rooms' timers run without anybody's call: it finishes phases when they run out; now and
/// then it closes rooms that nobody needs any more, and removes those closed long ago.
///
/// It wakes at the next deadline, whoever set it: this process tells by itself, and each second one
/// read by an index finds those that others have set, who may be gone. Several processes may do so
/// at the same time: a room that another one has locked is left to it.
public final class RoomKeeper {
  private let rooms: FocusRooms
  private var alarm: Alarm?
  private var tidiesAt: Int64 = 0
  /// What rooms have told that was not handed over yet.
  private(set) var handOvers = 0
  private let lateness = Metrics.shared.histogram(
    "room_phase_lateness_seconds",
    "How long after its deadline a phase was finished that nobody had called on.",
    bounds: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600])

  private static let intervalMilliseconds: Int64 = 1000
  /// How often rooms that have expired are looked for.
  private static let tidyingMilliseconds: Int64 = 30_000
  /// Rooms a query.
  private static let roomsMax = 100
  /// Rooms at the same time.
  private static let workersMax = 8
  /// Past this the next room waits until what is told of one has been taken.
  private static let handOversMax = 64

  public init(_ rooms: FocusRooms) { self.rooms = rooms }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  public func start() {
    let alarm = Alarm(intervalMilliseconds: Self.intervalMilliseconds, now: rooms.now) {
      [weak self] in await self?.look()
    }
    self.alarm = alarm
    rooms.whenDue = { [weak alarm] in alarm?.set(at: $0) }
    alarm.start()
  }

  public func stop() { alarm?.stop() }

  private func look() async {
    do {
      try await finishDue()
      guard rooms.now() >= tidiesAt else { return }
      tidiesAt = rooms.now() + Self.tidyingMilliseconds
      try await tidy()
    } catch {
      Log.shared.debug("rooms not kept", ["error": .error(error)])
    }
  }

  /// Finishes all phases that have run out, and wakes for the next one.
  func finishDue() async throws {
    while true {
      let now = rooms.now()
      let coming = try await rooms.store.deadlines(
        before: now + Self.intervalMilliseconds, limit: Self.roomsMax)
      if let next = coming.first(where: { $0.deadline > now }) { alarm?.set(at: next.deadline) }
      let due = coming.filter { $0.deadline <= now }.map(\.roomID)
      let isMoving = await keep(due) { [lateness] open in
        guard let end = open.ranOutAt else { return }
        lateness.observe(Double(open.now - end) / 1000)
      }
      // What is left is locked by others, or cannot be kept now.
      if coming.count < Self.roomsMax || !isMoving { return }
    }
  }

  /// Closes and removes what has expired.
  func tidy() async throws {
    let expired = try await rooms.store.expired(at: rooms.now(), limit: Self.roomsMax)
    _ = await keep(expired) { open in
      // It may have been used since it was found.
      if open.isExpired { try await open.close() }
    }
    try await rooms.store.removeExpired(at: rooms.now(), limit: Self.roomsMax)
  }

  /// Several at a time; false where all were left to somebody else.
  private func keep(
    _ roomIDs: [String], _ body: @escaping (OpenRoom) async throws -> Void
  ) async -> Bool {
    var left = roomIDs[...]
    var isMoving = false
    let workers = (0..<min(roomIDs.count, Self.workersMax)).map { _ in
      Task {
        while let roomID = left.popFirst() {
          if await keep(roomID, body) { isMoving = true }
        }
      }
    }
    for worker in workers { await worker.value }
    return isMoving
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
      let told = rooms.announce(outcome)
      guard !told.isEmpty else { return true }
      // A consumer that is slow must not keep other rooms from their time.
      let handOver = EventLoop.shared.begin {
        self.handOvers += 1
        await self.rooms.handOver(told, context)
        self.handOvers -= 1
      }
      if handOvers > Self.handOversMax { await handOver.value }
      return true
    } catch {
      Log.shared.warning("room not kept", ["room_id": .string(roomID), "error": .error(error)])
      return false
    }
  }
}
