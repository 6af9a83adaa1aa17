import Contracts
import Postgres
import ServiceKit
import Wire

extension Mailroom {
  /// The messages of the user's conversations, those received too; notifications, preferences and
  /// webhooks, without their secrets.
  public func exportUser(
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply {
    try await export.page(request, context)
  }

  static func export(_ database: PostgresPool) -> UserExport {
    UserExport(
      database,
      [
        .init(
          "message",
          """
          SELECT conversation_id || '/' || messages.id AS key, json_build_object(
            'id', messages.id, 'conversation_id', conversation_id, 'sender_id', sender_id,
            'receiver_id', CASE WHEN sender_id = user1_id THEN user2_id ELSE user1_id END,
            'content', content, 'created_at', messages.created_at)::text AS data
          FROM messages JOIN conversations ON conversations.id = conversation_id
          WHERE (user1_id = $1 OR user2_id = $1) AND (
            $2::text IS NULL OR (conversation_id, messages.id)
              > (split_part($2::text, '/', 1)::uuid, split_part($2::text, '/', 2)::uuid))
          ORDER BY conversation_id, messages.id LIMIT $3::int
          """),
        .init(
          "notification",
          """
          SELECT number::text AS key, json_build_object(
            'id', id, 'kind', (ARRAY[
              'badge_awarded', 'reply', 'like', 'message', 'timer_done', 'room_invitation'])[kind],
            'text', text, 'subject_id', subject_id, 'is_read', is_read, 'created_at', created_at
          )::text AS data
          FROM notifications WHERE user_id = $1 AND ($2::text IS NULL OR number > $2::text::bigint)
          ORDER BY number LIMIT $3::int
          """),
        .init(
          "notification_preferences",
          """
          SELECT 'all' AS key, json_build_object(
            'badge_awarded', muted >> 1 & 1 = 0, 'reply', muted >> 2 & 1 = 0,
            'like', muted >> 3 & 1 = 0, 'message', muted >> 4 & 1 = 0,
            'timer_done', muted >> 5 & 1 = 0, 'room_invitation', muted >> 6 & 1 = 0)::text AS data
          FROM inboxes WHERE user_id = $1 AND $2::text IS NULL LIMIT $3::int
          """),
        .init(
          "webhook",
          """
          SELECT id::text AS key, json_build_object(
            'id', id, 'url', url, 'created_at', created_at,
            'events', array_remove(ARRAY[
              CASE WHEN events >> 1 & 1 = 1 THEN 'badge_awarded' END,
              CASE WHEN events >> 2 & 1 = 1 THEN 'reply' END,
              CASE WHEN events >> 3 & 1 = 1 THEN 'like' END,
              CASE WHEN events >> 4 & 1 = 1 THEN 'message' END,
              CASE WHEN events >> 5 & 1 = 1 THEN 'timer_done' END,
              CASE WHEN events >> 6 & 1 = 1 THEN 'room_invitation' END,
              CASE WHEN events >> 7 & 1 = 1 THEN 'session_completed' END], NULL))::text AS data
          FROM webhooks WHERE user_id = $1 AND ($2::text IS NULL OR id > $2::text::uuid)
          ORDER BY id LIMIT $3::int
          """),
      ])
  }
}
