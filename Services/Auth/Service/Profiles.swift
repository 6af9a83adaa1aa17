import Contracts
import Events
import Wire

extension Accounts {
  private static let notFound = RPCError(.notFound, "user_not_found", "There is no such user.")
  /// Lost races before a change gives up.
  private static let changeAttemptsMax = 16

  public func getMe(_ request: GetMeRequest, _ context: CallContext) async throws -> User {
    let caller = try context.signedIn()
    // The call and the query are under way at the same time.
    async let totals = self.totals(of: caller.userID, context)
    guard let account = try await accounts.account(caller.userID, context) else {
      throw Self.notFound
    }
    return User(account, try await totals)
  }

  public func getProfile(
    _ request: GetProfileRequest, _ context: CallContext
  ) async throws -> Profile {
    let caller = try context.signedIn()
    let id = try Self.identifier(request.userID)
    async let totals = self.totals(of: id, context)
    guard let account = try await accounts.account(id, context) else { throw Self.notFound }
    return account.id == caller.userID
      ? Profile(ofOwner: account, try await totals) : Profile(ofOther: account, try await totals)
  }

  public func updateProfile(
    _ request: UpdateProfileRequest, _ context: CallContext
  ) async throws -> User {
    let caller = try context.signedIn()
    guard try Self.identifier(request.userID) == caller.userID else {
      throw RPCError(.permissionDenied, "not_yours", "Only its owner changes a profile.")
    }
    let change = ProfileChange(request)
    var check = RuleCheck()
    change.check(&check)
    try check.finish()
    // Before the change: if it fails, nothing has happened.
    let totals = try await self.totals(of: caller.userID, context)
    return User(try await apply(change, to: caller.userID, context), totals)
  }

  /// Changes the account as it is; where another change comes between, as that has left it.
  private func apply(
    _ change: ProfileChange, to userID: String, _ context: CallContext
  ) async throws -> Account {
    for _ in 0..<Self.changeAttemptsMax {
      guard let account = try await accounts.account(userID, context) else { throw Self.notFound }
      let changed = change.applied(to: account, now: now())
      if changed == account { return account }
      let event = try Event(changed: changed)
      do {
        guard try await accounts.update(changed, event, context) else { continue }
      } catch let taken as Taken {
        throw taken.callError
      }
      await outbox.deliver(event, context)
      return changed
    }
    throw RPCError(.aborted, "conflict", "The account is being changed by others; try again.")
  }

  public func getSettings(
    _ request: GetSettingsRequest, _ context: CallContext
  ) async throws -> UserChanged {
    let id = try Self.identifier(request.userID)
    guard let account = try await accounts.account(id, context) else { throw Self.notFound }
    return UserChanged(account)
  }

  public func findSettings(
    _ request: FindSettingsRequest, _ context: CallContext
  ) async throws -> UserChanged {
    let key = Email.key(of: request.email)
    guard let account = try await accounts.account(emailKey: key, context) else {
      throw Self.notFound
    }
    return UserChanged(account)
  }

  /// The id in lower case, as ids are stored; what is none is nobody's.
  private static func identifier(_ text: String) throws(RPCError) -> String {
    guard Identifier.isValid(text) else { throw notFound }
    return text.lowercased()
  }
}
