import Contracts
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
  /// When the first phase ran out that had done so before the call came.
  private(set) var ranOutAt: Int64?
  /// Written to the outbox by this transaction.
  var events: [Event] = []
  /// What those who follow the room are told when it is saved.
  var news = RoomNews()

  let transaction: Transaction
  private let zones: ZoneDatabase
  /// As the row has it.
  private var stored: FocusRoom
  /// The version of the timer that was told last.
  private var toldTimer: Int64

  /// - Parameter row: one of the queries that lock a room.
  init(_ row: Row, _ transaction: Transaction, zones: ZoneDatabase, now: Int64) {
    room = FocusRoom(row)
    isExpired = row.milliseconds("expires_at") <= now
    self.transaction = transaction
    self.zones = zones
    self.now = now
    stored = room
    toldTimer = room.timer.version
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  // MARK: - Timer

  /// Finishes the phases that have run out, at the times at which they did.
  func catchUp() async throws {
    for phase in room.timer.advance(to: now, room.plan) {
      ranOutAt = ranOutAt ?? phase.end
      try await credit(phase)
    }
    try tellTimer()
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
    try news.add(phase.message(of: room.id))
  }

  private func tellTimer() throws {
    guard room.timer.version != toldTimer else { return }
    toldTimer = room.timer.version
    try news.add(room.timerMessage(now: now))
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

  // MARK: - Writing

  /// Writes what has changed, with what is told of it, in one statement.
  func save() async throws {
    // Of a closed room its state tells everything.
    if room.isActive { try tellTimer() }
    guard room != stored || !news.isEmpty else { return }
    var same = room
    same.timer = stored.timer
    if same != stored {
      room.version += 1
      room.updatedAt = max(now, room.updatedAt)
    }
    if room.looksOther(than: stored) { try news.add(await state(), closes: !room.isActive) }
    let told = try news.take(of: room.id, after: room.liveSeq, at: now)
    room.liveSeq += Int64(told.count)
    try await transaction.write(
      RoomStore.saveRoom,
      room.values(now: now) + [.uuids(told.map(\.id)), .byteStrings(told.map(\.payload))])
    events += told
    stored = room
  }

  /// The room with all who are in it, as everybody may see it.
  func state() async throws -> RoomState {
    let members = try await transaction.run(
      RoomStore.findMembers,
      [.uuid(room.id), nil, nil, .int32(Int32(FocusRoom.participantsMax))])
    return room.state(of: members.map(RoomMember.init), now: now)
  }
}

extension FocusRoom {
  /// Whether more of the room has changed than its timer and who is there.
  fileprivate func looksOther(than other: FocusRoom) -> Bool {
    name != other.name || hostID != other.hostID || plan != other.plan
      || isActive != other.isActive || (inviteCode == nil) != (other.inviteCode == nil)
  }
}
