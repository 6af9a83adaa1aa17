import Events
import Postgres
import TimeZones

/// The rooms in the database. Whoever changes a room holds the lock of its row until the commit, so
/// that changes of one room come one after the other; first of all, what has run out is caught up.
public struct RoomStore {
  private let database: PostgresPool
  private let zones: ZoneDatabase

  public init(_ database: PostgresPool, zones: ZoneDatabase = .shared) {
    self.database = database
    self.zones = zones
  }

  // MARK: - Changing

  /// Whether to wait for a room that another call has locked.
  enum Lock { case wait, skip }

  /// What a change came to: what its body answered, and the events to be handed over.
  struct Outcome<Value> {
    var value: Value
    var events: [Event]
    /// When the phase of the room runs out, if one runs.
    var deadline: Int64?
  }

  /// Locks a room, catches up, and does `body` in the same transaction.
  ///
  /// - Parameter now: read once the room is locked.
  /// - Returns: nil where there is no such room, or it is locked and not waited for.
  func change<Value>(
    _ roomID: String, now: () -> Int64, lock: Lock = .wait,
    _ body: (OpenRoom) async throws -> Value
  ) async throws -> Outcome<Value>? {
    try await database.transaction { transaction in
      let query = lock == .wait ? Self.lockRoom : Self.lockRoomOrSkip
      guard let row = try await transaction.run(query, [.uuid(roomID)]).first else { return nil }
      let open = OpenRoom(row, transaction, zones: zones, now: now())
      try await open.catchUp()
      let value = try await body(open)
      try await open.save()
      return Outcome(
        value: value, events: open.events, deadline: open.room.timer.deadline)
    }
  }

  enum Addition { case added, tooMany, noAccount }

  /// Adds a room with its host as the first participant.
  func add(_ room: FocusRoom, participantID: String) async throws -> Addition {
    try await database.transaction { transaction in
      // The rooms of one host come one after the other, so that they can be counted.
      let account = try await transaction.run(
        "SELECT deleted FROM user_settings WHERE user_id = $1 FOR UPDATE", [.uuid(room.hostID)])
      guard account.first?.bool("deleted") == false else { return .noAccount }
      let count = try await transaction.run(
        "SELECT count(*) AS rooms FROM rooms WHERE host_id = $1 AND is_active",
        [.uuid(room.hostID)])
      guard (count.first?.int("rooms") ?? 0) < FocusRoom.roomsOfHostMax else { return .tooMany }
      try await transaction.write(Self.addRoom, room.values(now: room.createdAt))
      try await transaction.write(
        Self.addParticipant,
        [
          .uuid(participantID), .uuid(room.id), .uuid(room.hostID), .timestamp(room.createdAt),
        ])
      return .added
    }
  }

  /// Removes closed rooms that nobody has to see any more.
  func removeExpired(at now: Int64, limit: Int) async throws {
    try await database.write(
      """
      DELETE FROM rooms WHERE id IN (
        SELECT id FROM rooms WHERE expires_at <= $1 AND NOT is_active
        LIMIT $2 FOR UPDATE SKIP LOCKED)
      """, [.timestamp(now), .int(limit)])
  }

  /// Erases what an account has left behind in rooms that it is no longer in.
  func erase(_ userID: String) async throws {
    try await database.write(
      """
      WITH left_behind AS (DELETE FROM room_participants WHERE user_id = $1),
        invited AS (DELETE FROM room_invitations WHERE user_id = $1)
      DELETE FROM rooms WHERE host_id = $1 AND NOT is_active
      """, [.uuid(userID)])
  }

  // MARK: - Reading

  /// A room, and what the caller is in it.
  func room(_ id: String, for userID: String) async throws -> (FocusRoom, Standing)? {
    try await database.read(Self.find, [.uuid(id), .uuid(userID)]).first.map { row in
      let room = FocusRoom(row)
      return (room, Standing(row, isHost: room.hostID == userID))
    }
  }

  /// The room of a participant who is there, and who that is.
  func place(ofParticipant id: String) async throws -> (roomID: String, userID: String)? {
    try await database.read(
      "SELECT room_id, user_id FROM room_participants WHERE id = $1 AND is_present", [.uuid(id)]
    ).first.map { ($0.uuid("room_id"), $0.uuid("user_id")) }
  }

  /// The rooms in which a user is, was in the current phase, or is the host.
  func roomIDs(of userID: String) async throws -> [String] {
    try await database.read(
      """
      SELECT room_id FROM room_participants WHERE user_id = $1
      UNION SELECT id FROM rooms WHERE host_id = $1
      """, [.uuid(userID)]
    ).map { $0.uuid("room_id") }
  }

  /// Active rooms, the newest first: the public ones, or those in which a user is.
  func page(
    of userID: String?, matching text: String?, _ page: PageRequest
  ) async throws -> [FocusRoom] {
    let values: [PostgresValue] = [
      .string(text), .timestamp(page.cursor?.key), .uuid(page.cursor?.id), .int32(page.fetched),
    ]
    guard let userID else {
      return try await database.read(Self.findPage, values).map(FocusRoom.init)
    }
    return try await database.read(Self.findOwnPage, values + [.uuid(userID)]).map(FocusRoom.init)
  }

  /// Who is in a room, who came first first.
  func members(of roomID: String, _ page: PageRequest) async throws -> [RoomMember] {
    try await database.read(
      Self.findMembers,
      [
        .uuid(roomID), .timestamp(page.cursor?.key), .uuid(page.cursor?.id), .int32(page.fetched),
      ]
    ).map(RoomMember.init)
  }

  /// What somebody sees who follows a room on a gateway.
  struct Following {
    var members: [RoomMember]
    /// Of the room as it was then.
    var seq: Int64
    /// The gateway is known to hold a socket of theirs.
    var isLinked: Bool
  }

  func following(
    _ roomID: String, on gateway: String, by userID: String
  ) async throws -> Following {
    let rows = try await database.read(
      Self.findFollowing,
      [
        .uuid(roomID), .uuid(userID), .string(gateway), .int32(Int32(FocusRoom.participantsMax)),
      ])
    return Following(
      members: rows.map(RoomMember.init), seq: rows.first?.int64("live_seq") ?? -1,
      isLinked: rows.contains { $0.bool("is_linked") })
  }

  /// Rooms whose phase runs out before then, the first first.
  func deadlines(before end: Int64, limit: Int) async throws -> [(roomID: String, deadline: Int64)]
  {
    try await database.read(
      "SELECT id, deadline FROM rooms WHERE deadline < $1 ORDER BY deadline LIMIT $2",
      [.timestamp(end), .int(limit)]
    ).map { ($0.uuid("id"), $0.milliseconds("deadline")) }
  }

  /// Participants whose last socket was gone before then, the first first.
  func lost(before end: Int64, limit: Int) async throws -> [(roomID: String, lostAt: Int64)] {
    try await database.read(
      """
      SELECT room_id, lost_at FROM room_participants WHERE lost_at < $1 ORDER BY lost_at LIMIT $2
      """, [.timestamp(end), .int(limit)]
    ).map { ($0.uuid("room_id"), $0.milliseconds("lost_at")) }
  }

  /// Active rooms that nobody needs any more.
  func expired(at now: Int64, limit: Int) async throws -> [String] {
    try await database.read(
      """
      SELECT id FROM rooms WHERE expires_at <= $1 AND is_active ORDER BY expires_at LIMIT $2
      """, [.timestamp(now), .int(limit)]
    ).map { $0.uuid("id") }
  }
}
