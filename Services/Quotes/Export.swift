import Contracts
import Wire

extension DailyQuotes {
  /// The user's journals.
  public func exportUser(
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply {
    try await journals.export.page(request, context)
  }
}
