import Observability

/// Tells the log why the server does not let this connection in, once until it does: trying goes on,
/// and the operator has to see more than that Redis is away.
struct LoginReport {
  private var told: String?

  /// What came of greeting the server. Only what the server said itself is a refusal.
  mutating func refused(_ error: RedisError) -> RedisError {
    guard error.kind == .server, !error.isUnavailable else {
      return RedisError(.unavailable, error.message)
    }
    let reason = Self.withoutArguments(error.message)
    if told != reason {
      told = reason
      Log.shared.error("redis refuses this process", ["reason": .string(reason)])
    }
    return RedisError(.refused, reason)
  }

  mutating func accepted() { told = nil }

  /// A server that knows no AUTH repeats what it was given, the password too.
  private static func withoutArguments(_ message: String) -> String {
    guard let range = message.firstRange(of: ", with args") else { return message }
    return String(message[..<range.lowerBound])
  }
}
