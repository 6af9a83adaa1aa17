/// A room, as the service keeps it.
nonisolated struct FocusRoom: Hashable, Sendable {
  var id: String
  var name: String
  /// Who controls the room.
  var hostID: String
  var plan: RoomPlan
  /// Of a private room: opens it to who is not in it. A room without one is public.
  var inviteCode: String?
  var isActive = true
  var participantCount = 0
  var timer = RoomTimer()
  /// Milliseconds since the epoch.
  var createdAt: Int64
  var updatedAt: Int64
  /// Counts up by one for each change of the room itself.
  var version: Int64 = 1
  /// The number of the last event that those who follow the room were told.
  var liveSeq: Int64 = 0

  static let participantsMax = 200
  /// Those included who left during the current phase.
  static let visitorsMax = 1000
  static let roomsOfHostMax = 100
  static let invitationsMax = 500

  /// How long a room that everybody has left waits for somebody to come.
  static let emptyMilliseconds: Int64 = 10 * 60_000
  /// How long a room lives in which nothing happens any more.
  static let forgottenMilliseconds: Int64 = 24 * 3_600_000
  /// How long a closed room can still be seen.
  static let closedMilliseconds: Int64 = 30 * 24 * 3_600_000

  /// When the room is closed if nothing happens, or removed if it is closed.
  func expiry(now: Int64) -> Int64 {
    guard isActive else { return now + Self.closedMilliseconds }
    if participantCount == 0 { return max(now, timer.deadline ?? now) + Self.emptyMilliseconds }
    return max(now, timer.deadline ?? now) + Self.forgottenMilliseconds
  }
}

/// What somebody is in a room.
nonisolated struct Standing: Hashable, Sendable {
  var isHost = false
  /// Is there now.
  var isPresent = false
  var isInvited = false

  /// Whether they may see the room, which is more than knowing its id where it is private.
  func sees(_ room: FocusRoom, givenCode matches: Bool = false) -> Bool {
    room.inviteCode == nil || isHost || isPresent || isInvited || matches
  }
}
