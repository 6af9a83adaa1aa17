import Events
import Postgres
import TimeZones

/// A room whose row is locked until the end of a transaction.
final class OpenRoom {
  var room: FocusRoom
  /// Milliseconds since the epoch.
  let now: Int64
  /// Nobody has used the room for as long as it waits for that.
  let isExpired: Bool
  /// A phase had run out before the call came.
  private(set) var hasCaughtUp = false
  /// Written to the outbox by this transaction.
  private(set) var events: [Event] = []

  private let transaction: Transaction
  private let zones: ZoneDatabase
  /// As the row has it.
  private var stored: FocusRoom

  /// - Parameter row: one of the queries that lock a room.
  init(_ row: Row, _ transaction: Transaction, zones: ZoneDatabase, now: Int64) {
    room = FocusRoom(row)
    isExpired = row.milliseconds("expires_at") <= now
    self.transaction = transaction
    self.zones = zones
    self.now = now
    stored = room
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  // MARK: - Timer

  /// Finishes the phases that have run out, at the times at which they did.
  func catchUp() async throws {
    for phase in room.timer.advance(to: now, room.plan) {
      hasCaughtUp = true
      try await credit(phase)
    }
  }

  /// Ends the phase early.
  func complete() async throws {
    if let phase = room.timer.complete(at: now, room.plan) { try await credit(phase) }
  }

  /// Who was there in a phase is forgotten with it.
  func forgetStays() async throws {
    try await transaction.write(
      """
      WITH gone AS (DELETE FROM room_participants WHERE room_id = $1 AND NOT is_present)
      UPDATE room_participants SET stays = '{}'
      WHERE room_id = $1 AND is_present AND stays <> '{}'
      """, [.uuid(room.id)])
  }

  private func credit(_ phase: FinishedPhase) async throws {
    if phase.phase == .work {
      let credit = PhaseCredit(room: room, phase: phase, zones: zones, now: now)
      events += try await credit.write(transaction)
    }
    try await forgetStays()
  }

  // MARK: - People

  func standing(of userID: String) async throws -> Standing {
    let rows = try await transaction.run(
      """
      SELECT
        (SELECT is_present FROM room_participants WHERE room_id = $1 AND user_id = $2),
        EXISTS (
          SELECT FROM room_invitations WHERE room_id = $1 AND user_id = $2) AS is_invited
      """, [.uuid(room.id), .uuid(userID)])
    let isHost = room.hostID == userID
    return rows.first.map { Standing($0, isHost: isHost) } ?? Standing(isHost: isHost)
  }

  enum Entry { case entered, full, noAccount }

  /// Makes somebody a participant who is none.
  func enter(_ userID: String, participantID: String) async throws -> Entry {
    guard room.participantCount < FocusRoom.participantsMax else { return .full }
    let visitors = try await transaction.run(
      "SELECT count(*) AS visitors FROM room_participants WHERE room_id = $1", [.uuid(room.id)])
    guard (visitors.first?.int("visitors") ?? 0) < FocusRoom.visitorsMax else { return .full }
    // Locked: an account that ends at the same time leaves the room after this commit.
    let account = try await transaction.run(
      "SELECT deleted FROM user_settings WHERE user_id = $1 FOR SHARE", [.uuid(userID)])
    guard account.first?.bool("deleted") == false else { return .noAccount }
    try await transaction.write(
      RoomStore.addParticipant,
      [.uuid(participantID), .uuid(room.id), .uuid(userID), .timestamp(now)])
    // Nobody is left to hand a room over to who comes into an empty one.
    if room.participantCount == 0 { room.hostID = userID }
    room.participantCount += 1
    return .entered
  }

  func member(_ userID: String) async throws -> RoomMember? {
    try await transaction.run(
      """
      SELECT participant.id, room_id, participant.user_id, status, joined_at, $3::uuid AS host_id,
        username
      FROM room_participants AS participant
      LEFT JOIN user_settings AS known ON known.user_id = participant.user_id
      WHERE participant.room_id = $1 AND participant.user_id = $2 AND is_present
      """, [.uuid(room.id), .uuid(userID), .uuid(room.hostID)]
    ).first.map(RoomMember.init)
  }

  /// Takes somebody out who is there. Their time in a phase that has begun stays theirs.
  func leave(_ userID: String) async throws {
    let key: [PostgresValue] = [.uuid(room.id), .uuid(userID)]
    let rows = try await transaction.run(
      """
      SELECT stays, joined_at FROM room_participants
      WHERE room_id = $1 AND user_id = $2 AND is_present
      """, key)
    guard let row = rows.first else { return }
    switch room.timer.status {
    case .running, .paused:
      var presence = Presence(
        stays: .init(bounds: row.ints("stays")), since: row.milliseconds("joined_at"))
      presence.leave(at: now)
      try await transaction.write(
        """
        UPDATE room_participants SET is_present = false, stays = $3
        WHERE room_id = $1 AND user_id = $2
        """, key + [presence.stays.bounds])
    case .idle, .completed:
      try await transaction.write(
        "DELETE FROM room_participants WHERE room_id = $1 AND user_id = $2", key)
    }
    room.participantCount -= 1
    if room.hostID == userID { try await handOver() }
  }

  /// Makes who has been there longest the host; an empty room keeps the one it has.
  private func handOver() async throws {
    let rows = try await transaction.run(
      """
      SELECT user_id FROM room_participants WHERE room_id = $1 AND is_present
      ORDER BY joined_at, id LIMIT 1
      """, [.uuid(room.id)])
    if let row = rows.first { room.hostID = row.uuid("user_id") }
  }

  enum Invitation { case invited(at: Int64), tooMany }

  /// Lets somebody enter without the code; a second time changes nothing, and `event` is only
  /// asked for the first time.
  func invite(_ userID: String, _ event: () throws -> Event) async throws -> Invitation {
    let key: [PostgresValue] = [.uuid(room.id), .uuid(userID)]
    let known = try await transaction.run(
      "SELECT created_at FROM room_invitations WHERE room_id = $1 AND user_id = $2", key)
    if let row = known.first { return .invited(at: row.milliseconds("created_at")) }
    let count = try await transaction.run(
      "SELECT count(*) AS invited FROM room_invitations WHERE room_id = $1", [.uuid(room.id)])
    guard (count.first?.int("invited") ?? 0) < FocusRoom.invitationsMax else { return .tooMany }
    try await transaction.write(
      "INSERT INTO room_invitations (room_id, user_id, created_at) VALUES ($1, $2, $3)",
      key + [.timestamp(now)])
    let event = try event()
    try await transaction.write(
      "INSERT INTO outbox (id, topic, payload) VALUES ($1, $2, $3)",
      [.uuid(event.id), .string(event.topic), .bytes(event.payload)])
    events.append(event)
    return .invited(at: now)
  }

  // MARK: - End

  /// Closes the room: what of a work phase has elapsed is credited, and everybody is out.
  func close() async throws {
    guard room.isActive else { return }
    if room.timer.status == .running || room.timer.status == .paused { try await complete() }
    room.timer.reset()
    room.isActive = false
    room.participantCount = 0
    try await transaction.write(
      """
      WITH gone AS (DELETE FROM room_invitations WHERE room_id = $1)
      DELETE FROM room_participants WHERE room_id = $1
      """, [.uuid(room.id)])
  }

  /// Writes what has changed.
  func save() async throws {
    guard room != stored else { return }
    var same = room
    same.timer = stored.timer
    if same != stored {
      room.version += 1
      room.updatedAt = max(now, room.updatedAt)
    }
    try await transaction.write(RoomStore.saveRoom, room.values(now: now))
    stored = room
  }
}
