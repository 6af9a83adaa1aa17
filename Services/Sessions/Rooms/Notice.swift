import Contracts
import Events
import Security

/// What people are told of rooms. A notice has the same id each time it is made.
enum Notice {
  /// A work phase is over.
  static func timerDone(
    _ room: FocusRoom, _ phase: FinishedPhase, to userID: String
  ) throws -> Event {
    try Event(
      topic: FocusRooms.notices,
      NotificationRaised(
        id: id("timer_done", room.id, "\(phase.number)", userID, at: phase.end), userID: userID,
        kind: .timerDone, text: "A work phase in “\(room.name)” is over.", subjectID: room.id,
        createdMs: phase.end))
  }

  /// Somebody invites a user to a room.
  static func invitation(
    to room: FocusRoom, for userID: String, from host: String, named username: String, at now: Int64
  ) throws -> Event {
    try Event(
      topic: FocusRooms.notices,
      NotificationRaised(
        id: id("room_invitation", room.id, userID, at: now), userID: userID,
        kind: .roomInvitation, text: "\(username) invites you to “\(room.name)”.",
        subjectID: room.id, actorID: host, createdMs: now))
  }

  /// A UUIDv7 of that time, whose other bits follow from what it names.
  private static func id(_ names: String..., at milliseconds: Int64) -> String {
    let digest = Digest.sha256(names.joined(separator: "/"))
    func word(_ offset: Int) -> UInt64 {
      digest[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    return UUIDv7(
      high: UInt64(milliseconds) << 16 | 0x7000 | word(0) & 0x0fff,
      low: 0x8000_0000_0000_0000 | word(8) >> 2
    ).text
  }
}
