import Contracts
import Observability
import Wire

extension Accounts {
  private static let noUser = RPCError(.notFound, "user_not_found", "There is no such user.")

  public func listUsers(
    _ request: ListUsersRequest, _ context: CallContext
  ) async throws -> AdminUserList {
    _ = try context.admin()
    let page = try IdentifierPage.reading(limit: request.limit, cursor: request.cursor)
    let found = try await directory.users(
      matching: UserSearch(request.q ?? ""), page, context)
    return AdminUserList(
      items: found.users.map(AdminUser.init),
      nextCursor: found.hasMore ? found.users.last?.account.id : nil)
  }

  public func updateUser(
    _ request: UpdateUserRequest, _ context: CallContext
  ) async throws -> AdminUser {
    let caller = try context.admin()
    guard Identifier.isValid(request.id) else { throw Self.noUser }
    let role = request.role == .unspecified ? nil : request.role
    guard request.id.lowercased() != caller.userID else {
      // Else the last admin could lock everybody out.
      throw RPCError(
        .failedPrecondition, "yourself", "Another admin has to ban you, or change your role.")
    }
    try await directory.update(
      request.id, banned: request.banned, role: role, now: now(), context)
    guard let user = try await directory.user(request.id, context) else { throw Self.noUser }
    Log.shared.info(
      "user changed by an admin",
      [
        "request_id": .string(context.requestID), "admin_id": .string(caller.userID),
        "user_id": .string(user.account.id), "banned": .bool(user.isBanned),
        "role": .string(user.account.role.name),
      ])
    return AdminUser(user)
  }
}

extension CallContext {
  /// The gateway lets nobody else through, so this fails for a call that came round it.
  fileprivate func admin() throws(RPCError) -> Caller {
    let caller = try inPerson()
    guard caller.role == .admin else {
      throw RPCError(.permissionDenied, "not_admin", "Only admins may do this.")
    }
    return caller
  }
}
