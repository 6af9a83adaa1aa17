import Contracts
import EventLoop
import Events
import Security
import Wire

/// Rooms in which people focus together, with one timer for all.
public final class FocusRooms {
  /// The topic of `NotificationRaised`.
  public static let notices = "notification.raised"
  /// The topic of `LiveEvent`, to those who follow a room.
  public static let live = "live.room"

  let store: RoomStore
  let users: KnownUsers
  /// Milliseconds since the epoch.
  let now: () -> Int64
  /// Called with the time at which a phase will run out, each time a room was changed.
  var whenDue: ((_ milliseconds: Int64) -> Void)?
  private let deliver: FocusSessions.Delivery

  /// How many events are handed over at the same time.
  private static let deliveriesMax = 64
  private static let announcementLimit = Duration.seconds(1)

  public init(
    store: RoomStore, users: KnownUsers, now: @escaping () -> Int64 = { WallClock.milliseconds },
    deliver: @escaping FocusSessions.Delivery
  ) {
    self.store = store
    self.users = users
    self.now = now
    self.deliver = deliver
  }

  /// Changes a room and hands over what others have to learn of it.
  ///
  /// - Throws: `RPCError` `notFound` where there is no such room.
  func change<Value>(
    _ roomID: String, _ context: CallContext, _ body: (OpenRoom) async throws -> Value
  ) async throws -> Value {
    guard let value = try await changeIfThere(roomID, context, body) else {
      throw RoomRefusal.notFound
    }
    return value
  }

  /// The same, but nil where there is no such room.
  func changeIfThere<Value>(
    _ roomID: String, _ context: CallContext, _ body: (OpenRoom) async throws -> Value
  ) async throws -> Value? {
    guard let outcome = try await store.change(roomID, now: now, body) else { return nil }
    await handOver(announce(outcome), context)
    return outcome.value
  }

  /// The same, of a room that is active and whose host the caller is.
  func changeAsHost<Value>(
    _ roomID: String, _ context: CallContext, _ body: (OpenRoom) async throws -> Value
  ) async throws -> Value {
    let userID = try context.userID
    return try await change(roomID, context) { open in
      try await Self.checkHost(userID, open)
      guard open.room.isActive else { throw RoomRefusal.closed }
      return try await body(open)
    }
  }

  /// Who does not see a room is not told that it is there.
  static func checkHost(_ userID: String, _ open: OpenRoom) async throws {
    guard open.room.hostID != userID else { return }
    guard try await open.standing(of: userID).sees(open.room) else { throw RoomRefusal.notFound }
    throw RoomRefusal.hostOnly
  }

  /// A room that the caller may see, caught up.
  func visibleRoom(
    _ roomID: String, code: String? = nil, _ context: CallContext
  ) async throws -> FocusRoom {
    let userID = try context.userID
    guard let (room, standing) = try await store.room(roomID, for: userID),
      standing.sees(room, givenCode: room.isOpened(by: code))
    else { throw RoomRefusal.notFound }
    guard let deadline = room.timer.deadline, deadline <= now() else { return room }
    return try await change(roomID, context) { $0.room }
  }

  /// Tells those who follow the room, for which nobody waits.
  ///
  /// - Returns: what is left to be handed over.
  func announce<Value>(_ outcome: RoomStore.Outcome<Value>) -> [Event] {
    if let deadline = outcome.deadline { whenDue?(deadline) }
    // Begun before anything else happens: what is told of a room leaves in the order of its numbers.
    for event in outcome.events where event.topic == Self.live {
      let context = CallContext(
        deadlineNanoseconds: Deadline.after(Self.announcementLimit).nanoseconds,
        requestID: event.id)
      EventLoop.shared.begin { await self.deliver(event, context) }
    }
    return outcome.events.filter { $0.topic != Self.live }
  }

  func handOver(_ events: [Event], _ context: CallContext) async {
    guard events.count > 1 else {
      for event in events { await deliver(event, context) }
      return
    }
    for first in stride(from: 0, to: events.count, by: Self.deliveriesMax) {
      let tasks = events[first..<min(first + Self.deliveriesMax, events.count)].map { event in
        Task { await self.deliver(event, context) }
      }
      for task in tasks { await task.value }
    }
  }

  /// Takes a user whose account is gone out of all rooms; rooms that nobody else is in are closed.
  public func forget(_ userID: String, _ context: CallContext) async throws {
    for roomID in try await store.roomIDs(of: userID) {
      _ = try await changeIfThere(roomID, context) { open in
        try await open.leave(userID)
        if open.room.hostID == userID { try await open.close() }
      }
    }
    try await store.erase(userID)
  }

  /// 72 random bits.
  static func makeInviteCode() -> String { RandomBytes.token(bytes: 9).reveal() }
}

extension FocusRoom {
  /// Whether that is the code of this private room.
  func isOpened(by code: String?) -> Bool {
    guard let inviteCode, let code else { return false }
    return constantTimeEquals(inviteCode, code)
  }
}
