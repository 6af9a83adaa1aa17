import Postgres

extension OpenRoom {
  /// Changes whether people are there who are in the room: one of them, or all.
  ///
  /// - Returns: those people, as they are then.
  @discardableResult
  func attend(
    _ userID: String? = nil, _ change: (inout Attendance) -> Void
  ) async throws -> [RoomMember] {
    let rows = try await transaction.run(
      Self.findAttendances, [.uuid(room.id), .uuid(userID), .uuid(room.hostID)])
    var changed: [(id: String, attendance: Attendance)] = []
    let members = try rows.map { row in
      let before = Attendance(row)
      var after = before
      change(&after)
      var member = RoomMember(row)
      member.isIdle = after.isIdle
      if after != before { changed.append((member.id, after)) }
      if after.isIdle != before.isIdle { try news.addStatus(member.message) }
      return member
    }
    guard !changed.isEmpty else { return members }
    try await transaction.write(
      Self.saveAttendances,
      [
        .uuids(changed.map(\.id)),
        .int32s(changed.map { $0.attendance.saysIdle ? 2 : 1 }),
        .strings(changed.map { $0.attendance.links.joined(separator: ",") }),
        .timestamps(changed.map { $0.attendance.lostAt ?? 0 }),
        .int32s(changed.map { $0.attendance.isLost ? 1 : 0 }),
      ])
    return members
  }

  /// Takes note of a gateway that holds a socket of the room; false where it is gone.
  func admits(_ gateway: String) async throws -> Bool {
    let rows = try await transaction.run(
      """
      WITH added AS (
        INSERT INTO room_gateways (id, seen_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING
      )
      SELECT gone_at IS NOT NULL AS is_gone FROM room_gateways WHERE id = $1
      """, [.string(gateway), .timestamp(now)])
    return rows.first?.bool("is_gone") != true
  }

  private static let findAttendances = Query(
    """
    SELECT participant.id, room_id, participant.user_id, status, is_lost, links, lost_at, joined_at,
      $3::uuid AS host_id, username
    FROM room_participants AS participant
    LEFT JOIN user_settings AS known ON known.user_id = participant.user_id
    WHERE participant.room_id = $1 AND is_present
      AND ($2::uuid IS NULL OR participant.user_id = $2)
    ORDER BY joined_at, participant.id
    """)

  private static let saveAttendances = Query(
    """
    UPDATE room_participants AS participant SET
      status = changed.status, links = string_to_array(changed.links, ','),
      lost_at = NULLIF(changed.lost_at, 'epoch'), is_lost = changed.is_lost = 1
    FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::timestamptz[], $5::int4[])
      AS changed (id, status, links, lost_at, is_lost)
    WHERE participant.id = changed.id
    """)
}

extension Attendance {
  fileprivate init(_ row: Row) {
    self.init(
      saysIdle: row.int("status") == 2, links: row.strings("links"),
      lostAt: row.optionalMilliseconds("lost_at"), isLost: row.bool("is_lost"))
  }
}
