import Wire

/// Why the service refuses a call about projects, in the words that the caller sees.
enum ProjectRefusal {
  static let notFound = RPCError(.notFound, "no_project", "There is no such project.")
  static let notYours = RPCError(
    .permissionDenied, "not_yours", "Only the project's owner may do this.")
  static let mayNotBook = RPCError(
    .permissionDenied, "may_not_book", "Only owners and contributors book time on a project.")
  static let alreadyMember = RPCError(
    .alreadyExists, "already_member", "The user is a member of the project already.")
  static let noMember = RPCError(
    .notFound, "no_member", "The user is no member of the project.")
  static let noAccount = RPCError(.notFound, "no_account", "There is no such account.")
  static let ownerStays = RPCError(
    .failedPrecondition, "owner_stays", "The owner stays the owner of the project.")
  static let badRole = Refusal.broken(
    SessionRules.Broken("role", "role", "must be contributor or viewer"))
  static let oneOfTwo = Refusal.broken(
    SessionRules.Broken("user_id", "required", "or email is due, one of the two"))
}

extension ProjectAccess {
  /// Throws what the caller sees where this is not allowed.
  func check(_ use: Use) throws(RPCError) {
    switch verdict(on: use) {
    case .allowed: return
    case .hidden: throw ProjectRefusal.notFound
    case .forbidden: throw use == .book ? ProjectRefusal.mayNotBook : ProjectRefusal.notYours
    }
  }
}

extension ProjectStore {
  /// The project's id, where somebody may book time on it.
  func bookable(_ id: String, by userID: String) async throws -> String {
    guard let access = try await access(to: id, of: userID) else { throw ProjectRefusal.notFound }
    try access.check(.book)
    return id.lowercased()
  }
}
