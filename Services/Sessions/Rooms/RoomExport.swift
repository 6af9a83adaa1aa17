import Postgres
import ServiceKit

/// What rooms keep of a user, for the user's export.
enum RoomExport {
  static let kinds: [UserExport.Kind] = [
    .init("room", hosted), .init("room_participation", participations),
    .init("room_invitation", invitations),
  ]

  private static let hosted = Query(
    """
    SELECT id::text AS key, json_build_object(
      'id', id, 'name', name, 'visibility', (ARRAY['public', 'private'])[visibility],
      'work_duration', (work_ms / 60000.0)::float8, 'break_duration', (break_ms / 60000.0)::float8,
      'long_break_duration', (long_break_ms / 60000.0)::float8,
      'long_break_every', long_break_every,
      'auto_start_break', starts_breaks, 'is_active', is_active, 'created_at', created_at,
      'updated_at', updated_at)::text AS data
    FROM rooms
    WHERE host_id = $1 AND id > COALESCE($2::text::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY id LIMIT $3::int
    """)

  private static let participations = Query(
    """
    SELECT id::text AS key, json_build_object(
      'id', id, 'room_id', room_id, 'status', (ARRAY['active', 'idle'])[status],
      'is_present', is_present, 'joined_at', joined_at)::text AS data
    FROM room_participants
    WHERE user_id = $1 AND id > COALESCE($2::text::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY id LIMIT $3::int
    """)

  private static let invitations = Query(
    """
    SELECT room_id::text AS key, json_build_object(
      'room_id', room_id, 'created_at', created_at)::text AS data
    FROM room_invitations
    WHERE user_id = $1
      AND room_id > COALESCE($2::text::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY room_id LIMIT $3::int
    """)
}
