import Contracts
import Security
import Wire

extension FocusRooms {
  public func joinRoom(
    _ request: JoinRoomRequest, _ context: CallContext
  ) async throws -> Participant {
    let userID = try context.userID
    // So that the room can show their name.
    _ = try await users.settings(of: userID, context)
    return try await change(request.roomID, context) { open in
      let standing = try await open.standing(of: userID)
      let matches = open.room.isOpened(by: request.inviteCode)
      guard standing.sees(open.room, givenCode: matches) else { throw RoomRefusal.notFound }
      guard open.room.isActive else { throw RoomRefusal.closed }
      guard !standing.isPresent else {
        guard let member = try await open.member(userID) else { throw RoomRefusal.noParticipant }
        return member.message
      }
      switch try await open.enter(userID, participantID: UUIDv7.makeText()) {
      case .entered(let member): return member.message
      case .full: throw RoomRefusal.full
      case .noAccount: throw RoomRefusal.noAccount
      }
    }
  }

  public func leaveRoom(
    _ request: LeaveRoomRequest, _ context: CallContext
  ) async throws -> Empty {
    let userID = try context.userID
    return try await change(request.roomID, context) { open in
      guard try await open.standing(of: userID).sees(open.room) else { throw RoomRefusal.notFound }
      try await open.leave(userID)
      return Empty()
    }
  }

  public func listParticipants(
    _ request: ListParticipantsRequest, _ context: CallContext
  ) async throws -> ParticipantList {
    let page = try PageRequest(limit: request.limit, cursor: request.cursor)
    let room = try await visibleRoom(request.roomID, code: request.inviteCode, context)
    let members = try await store.members(of: room.id, page)
    let (items, next) = page.cut(members) { PageCursor(key: $0.joinedAt, id: $0.id) }
    return ParticipantList(items: items.map(\.message), nextCursor: next)
  }

  public func updateParticipant(
    _ request: UpdateParticipantRequest, _ context: CallContext
  ) async throws -> Participant {
    let userID = try context.userID
    guard let (roomID, owner) = try await store.place(ofParticipant: request.participantID) else {
      throw RoomRefusal.noParticipant
    }
    if owner == userID {
      let members = try await changeIfThere(roomID, context) { open in
        try await open.attend(userID) { $0.say(isIdle: request.status == .idle) }
      }
      guard let member = members?.first else { throw RoomRefusal.noParticipant }
      return member.message
    }
    guard let (room, standing) = try await store.room(roomID, for: userID), standing.sees(room)
    else { throw RoomRefusal.noParticipant }
    throw RoomRefusal.notYours
  }
}
