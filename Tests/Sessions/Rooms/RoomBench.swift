import Contracts
import EventLoop
import Events
import Postgres
import Testing
import Wire

@testable import Sessions

/// The rooms on a database of their own, with a clock that is set by hand.
final class RoomBench {
  let host = "01939f0e-0000-7000-8000-00000000000a"
  let pool: PostgresPool
  let users: KnownUsers
  var now: Int64 = 1_795_262_400_000  // 2026-11-21T12:00Z
  /// Since when the clock goes on by itself, in the loop's nanoseconds.
  private var ticksSince: UInt64?
  private(set) var delivered: [Event] = []
  private(set) var rooms: FocusRooms!
  private(set) var keeper: RoomKeeper!
  private(set) var sockets: RoomSockets!
  private(set) var presence: PresenceKeeper!

  static let graceMilliseconds: Int64 = 30_000

  init() async throws {
    pool = try await ServiceDatabase.pool()
    let auth = SettingsSource(
      UserChanged(
        userID: host, username: "anna", timezone: "Europe/Berlin", dayStartHour: 0,
        weekStart: .monday, version: 1))
    users = KnownUsers(store: SettingsStore(pool), auth: AuthClient(auth))
    // It is never let go: what a keeper has begun may end after its test.
    rooms = FocusRooms(
      store: RoomStore(pool), users: users, now: { self.time },
      deliver: { event, _ in self.delivered.append(event) })
    users.whenErased { try await self.rooms.forget($0, $1) }
    keeper = RoomKeeper(rooms)
    sockets = RoomSockets(rooms, gateways: GatewayStore(pool))
    presence = PresenceKeeper(sockets, graceMilliseconds: Self.graceMilliseconds)
  }

  private var time: Int64 {
    guard let ticksSince else { return now }
    return now + Int64((EventLoop.shared.clock - ticksSince) / 1_000_000)
  }

  /// From now on the clock goes on by itself.
  func tick() { ticksSince = EventLoop.shared.clock }

  /// Waits until something holds.
  func eventually(_ holds: () throws -> Bool) async throws {
    while try !holds() { try await Task.sleep(for: .milliseconds(1)) }
  }

  func user(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "01939f0e-0000-7000-8000-00000001" + String(repeating: "0", count: 4 - digits.count)
      + digits
  }

  func context(of userID: String) -> CallContext {
    CallContext(deadlineNanoseconds: .max, caller: Caller(userID: userID, sessionID: "s"))
  }

  func makeRoom(_ request: CreateRoomRequest = .init(name: "Deep work")) async throws -> Room {
    try await rooms.createRoom(request, context(of: host))
  }

  func join(_ userID: String, _ room: Room) async throws {
    _ = try await rooms.joinRoom(.init(roomID: room.id), context(of: userID))
  }

  func leave(_ userID: String, _ room: Room) async throws {
    _ = try await rooms.leaveRoom(.init(roomID: room.id), context(of: userID))
  }

  func start(_ room: Room) async throws -> Timer {
    try await rooms.startTimer(.init(roomID: room.id), context(of: host))
  }

  /// The sessions that a room earned: user, start, end and seconds.
  func earned(_ room: Room) async throws -> [Earned] {
    try await pool.read(
      """
      SELECT user_id, start_time, end_time, segments FROM sessions WHERE room_id = $1
      ORDER BY user_id
      """, [.uuid(room.id)]
    ).map { row in
      let segments = [Interval](bounds: row.ints("segments"))
      return Earned(
        userID: row.uuid("user_id"), start: row.milliseconds("start_time"),
        end: row.milliseconds("end_time"),
        seconds: Int(segments.reduce(0) { $0 + $1.milliseconds } / 1000))
    }
  }

  struct Earned: Hashable {
    var userID: String
    var start: Int64
    var end: Int64
    var seconds: Int
  }

  /// What the keeper does by itself.
  func keep() async throws {
    try await keeper.finishDue()
    try await keeper.tidy()
    while keeper.handOvers > 0 { await Task.yield() }
  }

  func follow(_ userID: String, _ room: Room, on gateway: String = "g1") async throws
    -> FollowedRoom
  {
    try await sockets.followRoom(
      .init(roomID: room.id, gatewayID: gateway), context(of: userID))
  }

  func unfollow(_ userID: String, _ room: Room, on gateway: String = "g1") async throws {
    _ = try await sockets.unfollowRoom(
      .init(roomID: room.id, gatewayID: gateway), context(of: userID))
  }

  /// Who is there, as a list tells it.
  func people(_ room: Room) async throws -> [Participant] {
    try await rooms.listParticipants(.init(roomID: room.id, limit: 100), context(of: host)).items
  }

  /// What those who follow the room were told.
  func told(_ room: Room) throws -> [LiveEvent] {
    try delivered.filter { $0.topic == FocusRooms.live }
      .map { try LiveEvent(bytes: $0.payload) }
      .filter { $0.roomID == room.id }
  }

  func count(topic: String) -> Int { delivered.count { $0.topic == topic } }

  func close() { pool.close() }
}
