import Contracts
import Wire

/// What gateways tell of sockets that follow rooms.
public final class RoomSockets {
  let rooms: FocusRooms
  let gateways: GatewayStore
  /// Called with the time at which somebody's last socket was gone.
  var whenLost: ((_ milliseconds: Int64) -> Void)?
  /// Called when a gateway has said that it ends.
  var whenLeft: (() -> Void)?

  private static let gatewayBytesMax = 64

  public init(_ rooms: FocusRooms, gateways: GatewayStore) {
    self.rooms = rooms
    self.gateways = gateways
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  /// What a gateway calls itself.
  private func gateway(_ id: String) throws -> String {
    guard !id.isEmpty, id.utf8.count <= Self.gatewayBytesMax, !id.utf8.contains(0x2c) else {
      throw RoomRefusal.badGateway
    }
    return id
  }

  /// The room as it is, where there is nothing to write for it: the caller follows it already.
  private func followed(
    _ roomID: String, on gateway: String, by userID: String
  ) async throws -> FollowedRoom? {
    guard let (room, standing) = try await rooms.store.room(roomID, for: userID) else {
      throw RoomRefusal.notFound
    }
    try Self.check(standing, room)
    let now = rooms.now()
    if let deadline = room.timer.deadline, deadline <= now { return nil }
    let following = try await rooms.store.following(roomID, on: gateway, by: userID)
    // Whatever can be seen of a room has a number: with the same one both reads saw the same.
    guard following.isLinked, following.seq == room.liveSeq else { return nil }
    return FollowedRoom(seq: room.liveSeq, state: room.state(of: following.members, now: now))
  }

  private static func check(_ standing: Standing, _ room: FocusRoom) throws {
    guard standing.sees(room) else { throw RoomRefusal.notFound }
    guard room.isActive else { throw RoomRefusal.closed }
    guard standing.isPresent else { throw RoomRefusal.notParticipant }
  }
}

extension RoomSockets: RoomSocketsService {
  public func followRoom(
    _ request: FollowRoomRequest, _ context: CallContext
  ) async throws -> FollowedRoom {
    let userID = try context.userID
    let gateway = try gateway(request.gatewayID)
    if let known = try await followed(request.roomID, on: gateway, by: userID) { return known }
    return try await rooms.change(request.roomID, context) { open in
      try Self.check(try await open.standing(of: userID), open.room)
      guard try await open.admits(gateway) else { throw RoomRefusal.gatewayForgotten }
      try await open.attend(userID) { $0.link(gateway) }
      try await open.save()
      return FollowedRoom(seq: open.room.liveSeq, state: try await open.state())
    }
  }

  public func unfollowRoom(
    _ request: UnfollowRoomRequest, _ context: CallContext
  ) async throws -> Empty {
    let userID = try context.userID
    let gateway = try gateway(request.gatewayID)
    let lostAt = try await rooms.changeIfThere(request.roomID, context) { open in
      try await open.attend(userID) { $0.unlink(gateway, at: open.now) }
      return open.now
    }
    if let lostAt { whenLost?(lostAt) }
    return Empty()
  }

  public func setRoomStatus(
    _ request: SetRoomStatusRequest, _ context: CallContext
  ) async throws -> Participant {
    guard request.status != .unspecified else { throw RoomRefusal.badStatus }
    let userID = try context.userID
    return try await rooms.change(request.roomID, context) { open in
      let members = try await open.attend(userID) { $0.say(isIdle: request.status == .idle) }
      guard let member = members.first else { throw RoomRefusal.notParticipant }
      return member.message
    }
  }

  public func keepGateway(
    _ request: KeepGatewayRequest, _ context: CallContext
  ) async throws -> Empty {
    let gateway = try gateway(request.gatewayID)
    if request.leaving {
      try await gateways.retire(gateway, at: rooms.now())
      whenLeft?()
    } else if try await !gateways.keep(gateway, at: rooms.now()) {
      throw RoomRefusal.gatewayForgotten
    }
    return Empty()
  }
}
