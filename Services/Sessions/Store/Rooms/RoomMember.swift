import Postgres

/// Somebody who is in a room, as others see them.
struct RoomMember: Hashable, Sendable {
  var id: String
  var roomID: String
  var userID: String
  var username: String
  var isIdle: Bool
  var isHost: Bool
  /// Milliseconds since the epoch.
  var joinedAt: Int64

  /// Reads a row of `members`.
  init(_ row: Row) {
    id = row.uuid("id")
    roomID = row.uuid("room_id")
    userID = row.uuid("user_id")
    username = row.optionalString("username") ?? ""
    isIdle = row.int("status") == 2 || row.bool("is_lost")
    isHost = row.uuid("host_id") == userID
    joinedAt = row.milliseconds("joined_at")
  }
}
