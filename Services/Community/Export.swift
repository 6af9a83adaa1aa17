import Contracts
import Wire

extension Forum {
  /// Nothing yet: what the service keeps of a user joins the export with its tables.
  public func exportUser(
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply {
    ExportUserReply()
  }
}
