import Contracts
import Security
import Wire

extension FocusRooms: RoomsService {
  public func createRoom(
    _ request: CreateRoomRequest, _ context: CallContext
  ) async throws -> Room {
    let userID = try context.userID
    _ = try await users.settings(of: userID, context)
    var plan = RoomPlan.standard
    plan.change(
      work: request.workDuration, shortBreak: request.breakDuration,
      longBreak: request.longBreakDuration, every: request.longBreakEvery,
      startsBreaks: request.autoStartBreak)
    let now = now()
    let room = FocusRoom(
      id: UUIDv7.makeText(), name: request.name, hostID: userID, plan: plan,
      inviteCode: request.visibility == .private ? Self.makeInviteCode() : nil,
      participantCount: 1, createdAt: now, updatedAt: now)
    switch try await store.add(room, participantID: UUIDv7.makeText()) {
    case .added: return room.message(for: userID)
    case .tooMany: throw RoomRefusal.tooManyRooms
    case .noAccount: throw RoomRefusal.noAccount
    }
  }

  public func listRooms(
    _ request: ListRoomsRequest, _ context: CallContext
  ) async throws -> RoomList {
    let userID = try context.userID
    let page = try PageRequest(limit: request.limit, cursor: request.cursor)
    let rooms = try await store.page(
      of: request.mine == true ? userID : nil, matching: request.q, page)
    let (items, next) = page.cut(rooms) { PageCursor(key: $0.createdAt, id: $0.id) }
    return RoomList(items: items.map { $0.message(for: userID) }, nextCursor: next)
  }

  public func getRoom(
    _ request: GetRoomRequest, _ context: CallContext
  ) async throws -> Room {
    let room = try await visibleRoom(request.roomID, code: request.inviteCode, context)
    return room.message(for: try context.userID)
  }

  public func updateRoom(
    _ request: UpdateRoomRequest, _ context: CallContext
  ) async throws -> Room {
    let userID = try context.userID
    return try await changeAsHost(request.roomID, context) { open in
      if let name = request.name { open.room.name = name }
      open.room.plan.change(
        work: request.workDuration, shortBreak: request.breakDuration,
        longBreak: request.longBreakDuration, every: request.longBreakEvery,
        startsBreaks: request.autoStartBreak)
      switch request.visibility {
      case .private: open.room.inviteCode = open.room.inviteCode ?? Self.makeInviteCode()
      case .public: open.room.inviteCode = nil
      case .unspecified, nil: break
      }
      try await open.save()
      return open.room.message(for: userID)
    }
  }

  public func deleteRoom(
    _ request: DeleteRoomRequest, _ context: CallContext
  ) async throws -> Empty {
    let userID = try context.userID
    return try await change(request.roomID, context) { open in
      try await Self.checkHost(userID, open)
      try await open.close()
      return Empty()
    }
  }

  public func renewInviteCode(
    _ request: RenewInviteCodeRequest, _ context: CallContext
  ) async throws -> Room {
    let userID = try context.userID
    return try await changeAsHost(request.roomID, context) { open in
      guard open.room.inviteCode != nil else { throw RoomRefusal.isPublic }
      open.room.inviteCode = Self.makeInviteCode()
      try await open.save()
      return open.room.message(for: userID)
    }
  }

  public func inviteToRoom(
    _ request: InviteToRoomRequest, _ context: CallContext
  ) async throws -> RoomInvitation {
    let userID = try context.userID
    let invited = request.userID.lowercased()
    // Not from memory: another process may have learned of another name, or of an account's end.
    let username = try await users.current(of: userID, context).username ?? ""
    _ = try await users.current(of: invited, context)
    return try await change(request.roomID, context) { open in
      let standing = try await open.standing(of: userID)
      guard standing.sees(open.room) else { throw RoomRefusal.notFound }
      if !standing.isHost {
        guard open.room.inviteCode == nil else { throw RoomRefusal.hostOnly }
        guard standing.isPresent else { throw RoomRefusal.participantsOnly }
      }
      guard open.room.isActive else { throw RoomRefusal.closed }
      let invitation = try await open.invite(invited) {
        try Notice.invitation(
          to: open.room, for: invited, from: userID, named: username, at: open.now)
      }
      guard case .invited(let createdAt) = invitation else { throw RoomRefusal.tooManyInvitations }
      return RoomInvitation(roomID: open.room.id, userID: invited, createdAt: createdAt)
    }
  }
}

extension RoomPlan {
  /// Takes what a request gives: durations are minutes.
  fileprivate mutating func change(
    work: Double?, shortBreak: Double?, longBreak: Double?, every: Int32?, startsBreaks: Bool?
  ) {
    if let work { workMilliseconds = Self.milliseconds(minutes: work) }
    if let shortBreak { breakMilliseconds = Self.milliseconds(minutes: shortBreak) }
    if let longBreak { longBreakMilliseconds = Self.milliseconds(minutes: longBreak) }
    if let every { longBreakEvery = Int(every) }
    if let startsBreaks { self.startsBreaks = startsBreaks }
  }
}
