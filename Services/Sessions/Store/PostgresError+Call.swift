import Postgres
import Wire

extension PostgresError {
  /// What a caller learns of it. What is no outage stays as it is: the RPC server logs and hides
  /// it.
  var callError: any Error {
    if kind == .cancelled { return CancellationError() }
    if isTimeout {
      return RPCError(.deadlineExceeded, "deadline", "The database did not answer in time.")
    }
    if isUnavailable {
      return RPCError(
        .unavailable, "database_unavailable", "The database is away.", retryAfter: .seconds(1))
    }
    return self
  }
}
