import Contracts
import Events
import Security
import Wire

/// What those who follow a room are to be told of one change, in order.
struct RoomNews {
  private struct Item {
    var type: LiveType
    /// The value as JSON.
    var data: String
    var removedUserID: String?
    var closes: Bool
  }

  private var items: [Item] = []

  var isEmpty: Bool { items.isEmpty }

  mutating func add(_ timer: Timer) throws { try add(.timerUpdate, timer) }

  mutating func add(_ phase: CompletedPhase) throws { try add(.sessionCompleted, phase) }

  /// - Parameter closes: the room has ended, and nobody follows it any more.
  mutating func add(_ state: RoomState, closes: Bool) throws {
    try add(.roomState, state, closes: closes)
  }

  mutating func addJoined(_ participant: Participant) throws {
    try add(.participantJoined, participant)
  }

  /// Who left follows the room no more.
  mutating func addLeft(_ participant: Participant) throws {
    try add(.participantLeft, participant, removing: participant.userID)
  }

  mutating func addStatus(_ participant: Participant) throws {
    try add(.participantStatus, participant)
  }

  /// The events, with the numbers after `seq`; what was added is forgotten.
  mutating func take(of roomID: String, after seq: Int64, at now: Int64) throws -> [Event] {
    defer { items.removeAll() }
    var seq = seq
    return try items.map { item in
      seq += 1
      return try Event(
        topic: FocusRooms.live,
        LiveEvent(
          id: UUIDv7.makeText(), roomID: roomID, seq: seq, type: item.type, serverTimeMs: now,
          data: item.data, removedUserIDs: item.removedUserID.map { [$0] } ?? [],
          closed: item.closes))
    }
  }

  private mutating func add(
    _ type: LiveType, _ value: some Message, removing userID: String? = nil, closes: Bool = false
  ) throws {
    items.append(
      Item(
        type: type, data: try Schemas.transcoder.json(of: value), removedUserID: userID,
        closes: closes))
  }
}
