import Postgres

extension RoomStore {
  static let lockRoom = Query(
    """
    SELECT id, name, host_id, work_ms, break_ms, long_break_ms, long_break_every, starts_breaks,
      visibility, invite_code, is_active, participant_count, created_at, updated_at, version, phase,
      cycle, phase_number, timer_version, phase_start, phase_end, running_since, phase_ms, segments,
      expires_at, live_seq
    FROM rooms WHERE id = $1 FOR UPDATE
    """)

  static let lockRoomOrSkip = Query(
    """
    SELECT id, name, host_id, work_ms, break_ms, long_break_ms, long_break_every, starts_breaks,
      visibility, invite_code, is_active, participant_count, created_at, updated_at, version, phase,
      cycle, phase_number, timer_version, phase_start, phase_end, running_since, phase_ms, segments,
      expires_at, live_seq
    FROM rooms WHERE id = $1 FOR UPDATE SKIP LOCKED
    """)

  static let find = Query(
    """
    SELECT room.id, name, host_id, work_ms, break_ms, long_break_ms, long_break_every,
      starts_breaks, visibility, invite_code, is_active, participant_count, room.created_at,
      updated_at, version, phase, cycle, phase_number, timer_version, phase_start, phase_end,
      running_since, phase_ms, segments, live_seq, participant.is_present,
      EXISTS (
        SELECT FROM room_invitations AS invitation
        WHERE invitation.room_id = room.id AND invitation.user_id = $2
      ) AS is_invited
    FROM rooms AS room
    LEFT JOIN room_participants AS participant
      ON participant.room_id = room.id AND participant.user_id = $2
    WHERE room.id = $1
    """)

  static let findPage = Query(
    """
    SELECT id, name, host_id, work_ms, break_ms, long_break_ms, long_break_every, starts_breaks,
      visibility, invite_code, is_active, participant_count, created_at, updated_at, version, phase,
      cycle, phase_number, timer_version, phase_start, phase_end, running_since, phase_ms, segments,
      live_seq
    FROM rooms
    WHERE is_active AND visibility = 1
      AND ($1::text IS NULL OR strpos(lower(name), lower($1::text)) > 0)
      AND (created_at, id) < (
        COALESCE($2::timestamptz, 'infinity'),
        COALESCE($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY created_at DESC, id DESC LIMIT $4::int4
    """)

  static let findOwnPage = Query(
    """
    SELECT id, name, host_id, work_ms, break_ms, long_break_ms, long_break_every, starts_breaks,
      visibility, invite_code, is_active, participant_count, created_at, updated_at, version, phase,
      cycle, phase_number, timer_version, phase_start, phase_end, running_since, phase_ms, segments,
      live_seq
    FROM rooms
    WHERE is_active
      AND id IN (SELECT room_id FROM room_participants WHERE user_id = $5 AND is_present)
      AND ($1::text IS NULL OR strpos(lower(name), lower($1::text)) > 0)
      AND (created_at, id) < (
        COALESCE($2::timestamptz, 'infinity'),
        COALESCE($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY created_at DESC, id DESC LIMIT $4::int4
    """)

  static let findMembers = Query(
    """
    SELECT participant.id, room_id, participant.user_id, status, is_lost, joined_at, host_id, username
    FROM room_participants AS participant
    JOIN rooms AS room ON room.id = participant.room_id
    LEFT JOIN user_settings AS known ON known.user_id = participant.user_id
    WHERE participant.room_id = $1 AND is_present
      AND (joined_at, participant.id) > (
        COALESCE($2::timestamptz, '-infinity'),
        COALESCE($3::uuid, '00000000-0000-0000-0000-000000000000'))
    ORDER BY joined_at, participant.id LIMIT $4::int4
    """)

  static let findFollowing = Query(
    """
    SELECT participant.id, room_id, participant.user_id, status, is_lost, joined_at, host_id,
      username, live_seq,
      participant.user_id = $2 AND NOT is_lost AND $3::text = ANY (links) AS is_linked
    FROM room_participants AS participant
    JOIN rooms AS room ON room.id = participant.room_id
    LEFT JOIN user_settings AS known ON known.user_id = participant.user_id
    WHERE participant.room_id = $1 AND is_present
    ORDER BY joined_at, participant.id LIMIT $4::int4
    """)

  static let addRoom = Query(
    """
    INSERT INTO rooms (
      id, name, host_id, work_ms, break_ms, long_break_ms, long_break_every, starts_breaks,
      visibility, invite_code, is_active, participant_count, created_at, updated_at, version, phase,
      cycle, phase_number, timer_version, phase_start, phase_end, running_since, phase_ms, segments,
      deadline, expires_at, live_seq)
    VALUES (
      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
      $22, $23, $24, $25, $26, $27)
    """)

  /// With what those who follow the room are to be told.
  static let saveRoom = Query(
    """
    WITH told AS (
      INSERT INTO outbox (id, topic, payload)
      SELECT id, 'live.room', payload FROM unnest($28::uuid[], $29::bytea[]) AS event (id, payload)
    )
    UPDATE rooms SET
      name = $2, host_id = $3, work_ms = $4, break_ms = $5, long_break_ms = $6,
      long_break_every = $7, starts_breaks = $8, visibility = $9, invite_code = $10,
      is_active = $11, participant_count = $12, created_at = $13, updated_at = $14, version = $15,
      phase = $16, cycle = $17, phase_number = $18, timer_version = $19, phase_start = $20,
      phase_end = $21, running_since = $22, phase_ms = $23, segments = $24, deadline = $25,
      expires_at = $26, live_seq = $27
    WHERE id = $1
    """)

  /// Makes somebody present who is not; the id stays that of their first coming in the phase.
  static let addParticipant = Query(
    """
    INSERT INTO room_participants AS known (
      id, room_id, user_id, status, is_present, joined_at, stays)
    VALUES ($1, $2, $3, 1, true, $4, '{}')
    ON CONFLICT (room_id, user_id) DO UPDATE SET
      is_present = true, status = 1, joined_at = $4, links = '{}', lost_at = NULL, is_lost = false
    """)
}

extension Standing {
  /// Reads the columns is_present, null where there is no participant, and is_invited.
  init(_ row: Row, isHost: Bool) {
    self.init(
      isHost: isHost, isPresent: row.optionalBool("is_present") ?? false,
      isInvited: row.bool("is_invited"))
  }
}
