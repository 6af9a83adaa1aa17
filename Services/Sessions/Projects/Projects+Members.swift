import Contracts
import Wire

extension Projects {
  public func listMembers(
    _ request: ListMembersRequest, _ context: CallContext
  ) async throws -> MemberList {
    _ = try await view(request.id, to: .see, context)
    let page = try PageRequest(limit: request.limit, cursor: request.cursor)
    let (items, next) = page.cut(try await members.page(of: request.id, page)) {
      PageCursor(key: $0.createdAt, id: $0.userID)
    }
    return MemberList(items: items.map(\.message), nextCursor: next)
  }

  public func addMember(
    _ request: AddMemberRequest, _ context: CallContext
  ) async throws -> ProjectMember {
    let role = try memberRole(request.role ?? .contributor)
    let project = try await view(request.id, to: .manage, context).project
    let userID = try await account(request, context)
    let addition = try await members.insert(
      userID, role, to: project.id, of: context.userID, now: now())
    switch addition {
    case .added(let member): return member.message
    case .alreadyMember: throw ProjectRefusal.alreadyMember
    case .gone: throw ProjectRefusal.noAccount
    }
  }

  public func updateMember(
    _ request: UpdateMemberRequest, _ context: CallContext
  ) async throws -> ProjectMember {
    let role = try memberRole(request.role)
    let project = try await view(request.id, to: .manage, context).project
    if request.userID.lowercased() == project.ownerID { throw ProjectRefusal.ownerStays }
    let member = try await members.update(
      request.userID, role, of: project.id, ownedBy: context.userID)
    guard let member else { throw ProjectRefusal.noMember }
    return member.message
  }

  public func removeMember(
    _ request: RemoveMemberRequest, _ context: CallContext
  ) async throws -> Empty {
    let userID = request.userID.lowercased()
    let leaves = try userID == context.userID
    let project = try await view(request.id, to: leaves ? .see : .manage, context).project
    if userID == project.ownerID { throw ProjectRefusal.ownerStays }
    guard try await members.delete(userID, of: project.id) else { throw ProjectRefusal.noMember }
    return Empty()
  }

  /// There is one owner, who made the project.
  private func memberRole(_ role: ProjectRole) throws(RPCError) -> FocusProject.Role {
    switch role {
    case .contributor: return .contributor
    case .viewer: return .viewer
    case .owner, .unspecified: throw ProjectRefusal.badRole
    }
  }

  /// Who is meant, by id or by email.
  private func account(
    _ request: AddMemberRequest, _ context: CallContext
  ) async throws -> String {
    switch (request.userID?.lowercased(), request.email) {
    case (let userID?, nil):
      _ = try await users.current(of: userID, context)
      return userID
    case (nil, let email?):
      return try await users.account(withEmail: email, context)
    default:
      throw ProjectRefusal.oneOfTwo
    }
  }
}
