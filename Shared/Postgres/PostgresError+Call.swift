import Wire

nonisolated extension PostgresError: CallFailure {
  public var callError: any Error {
    if kind == .cancelled { return CancellationError() }
    if isTimeout {
      return RPCError(.deadlineExceeded, "deadline", "The database did not answer in time.")
    }
    if isUnavailable || isSerializationFailure {
      return RPCError(
        .unavailable, "database_unavailable", "The database is away.", retryAfter: .seconds(1))
    }
    return self
  }
}
