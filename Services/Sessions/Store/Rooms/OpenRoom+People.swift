import Contracts
import Events
import Postgres

extension OpenRoom {
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

  enum Entry { case entered(RoomMember), full, noAccount }

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
    guard let member = try await member(userID) else { return .noAccount }
    try news.addJoined(member.message)
    return .entered(member)
  }

  func member(_ userID: String) async throws -> RoomMember? {
    try await transaction.run(
      """
      SELECT participant.id, room_id, participant.user_id, status, is_lost, joined_at,
        $3::uuid AS host_id, username
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
      SELECT participant.id, room_id, participant.user_id, status, is_lost, joined_at,
        $3::uuid AS host_id, username, stays
      FROM room_participants AS participant
      LEFT JOIN user_settings AS known ON known.user_id = participant.user_id
      WHERE participant.room_id = $1 AND participant.user_id = $2 AND is_present
      """, key + [.uuid(room.hostID)])
    guard let row = rows.first else { return }
    switch room.timer.status {
    case .running, .paused:
      var presence = Presence(
        stays: .init(bounds: row.ints("stays")), since: row.milliseconds("joined_at"))
      presence.leave(at: now)
      try await transaction.write(
        """
        UPDATE room_participants
        SET is_present = false, stays = $3, links = '{}', lost_at = NULL, is_lost = false
        WHERE room_id = $1 AND user_id = $2
        """, key + [presence.stays.bounds])
    case .idle, .completed:
      try await transaction.write(
        "DELETE FROM room_participants WHERE room_id = $1 AND user_id = $2", key)
    }
    room.participantCount -= 1
    try news.addLeft(RoomMember(row).message)
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
      "INSERT INTO outbox (id, topic, payload) VALUES ($1, $2, $3)", event.values)
    events.append(event)
    return .invited(at: now)
  }
}
