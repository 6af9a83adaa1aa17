import Contracts
import Wire

extension Accounts {
  private static let noDevice = RPCError(
    .notFound, "device_not_found", "There is no such signed-in device.")

  public func listDevices(
    _ request: ListDevicesRequest, _ context: CallContext
  ) async throws -> DeviceList {
    let caller = try context.signedIn()
    let page = try IdentifierPage.reading(limit: request.limit, cursor: request.cursor)
    let found = try await devices.devices(of: caller.userID, page, now: now(), context)
    return DeviceList(
      items: found.devices.map { Device($0, caller: caller.sessionID) },
      nextCursor: found.hasMore ? found.devices.last?.id : nil)
  }

  public func getDevice(
    _ request: GetDeviceRequest, _ context: CallContext
  ) async throws -> Device {
    let caller = try context.signedIn()
    guard Identifier.isValid(request.id),
      let device = try await devices.device(request.id, of: caller.userID, now: now(), context)
    else { throw Self.noDevice }
    return Device(device, caller: caller.sessionID)
  }

  public func revokeDevice(
    _ request: RevokeDeviceRequest, _ context: CallContext
  ) async throws -> RevokeDeviceReply {
    let caller = try context.inPerson()
    guard Identifier.isValid(request.id),
      try await devices.revoke(request.id, of: caller.userID, now: now(), context)
    else { throw Self.noDevice }
    return RevokeDeviceReply()
  }

  public func logout(_ request: LogoutRequest, _ context: CallContext) async throws -> LogoutReply {
    let caller = try context.inPerson()
    // A second time there is nothing to sign out any more, which is what was asked for.
    _ = try await devices.revoke(caller.sessionID, of: caller.userID, now: now(), context)
    return LogoutReply()
  }

  public func logoutAll(
    _ request: LogoutRequest, _ context: CallContext
  ) async throws -> LogoutReply {
    let caller = try context.inPerson()
    try await devices.revokeAll(of: caller.userID, now: now(), context)
    return LogoutReply()
  }

  public func listRevocations(
    _ request: ListRevocationsRequest, _ context: CallContext
  ) async throws -> ListRevocationsReply {
    let position = try RevocationPosition(request.cursor)
    let page = try await revocations.page(at: position, now: now(), context)
    return ListRevocationsReply(
      items: page.items.map {
        Revocation(sessionID: $0.sessionID, expiresAt: $0.expiresAt, role: $0.role)
      },
      cursor: RevocationCursor(page.position), more: page.hasMore)
  }
}

extension RevocationPosition {
  init(_ cursor: RevocationCursor?) throws(RPCError) {
    guard let cursor else {
      self = .start
      return
    }
    self.init(floor: cursor.floor, last: nil)
    guard !cursor.sessionID.isEmpty else { return }
    guard Identifier.isValid(cursor.sessionID) else {
      throw RPCError(.invalidArgument, "malformed", "This is no cursor of revocations.")
    }
    last = Row(transaction: cursor.transaction, sessionID: cursor.sessionID)
  }
}

extension RevocationCursor {
  init(_ position: RevocationPosition) {
    self.init(
      floor: position.floor, transaction: position.last?.transaction ?? 0,
      sessionID: position.last?.sessionID ?? "")
  }
}
