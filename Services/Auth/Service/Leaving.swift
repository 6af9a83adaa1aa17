import Contracts
import Wire

extension Accounts {
  public func exportData(_ request: ExportRequest, _ context: CallContext) async throws -> Export {
    let caller = try context.signedIn()
    return try await export.page(
      of: caller.userID, after: request.cursor, now: now(), context)
  }

  public func deleteMe(
    _ request: DeleteMeRequest, _ context: CallContext
  ) async throws -> DeleteMeReply {
    let caller = try context.inPerson()
    let credentials = try await confirm(request.password, of: caller.userID, context)
    let event = try await directory.delete(
      caller.userID, passwordHash: credentials.passwordHash, now: now(), context)
    guard let event else {
      throw RPCError(.aborted, "conflict", "The account is being changed; try again.")
    }
    await outbox.deliver(event, context)
    return DeleteMeReply()
  }
}
