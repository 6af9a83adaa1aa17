/// Why a command has no answer.
nonisolated public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// Redis refused the command.
    case server
    /// There is no connection, or the server does not answer: nothing was sent.
    case unavailable
    /// The server does not let us in: `REDIS_URL` has a wrong password, user or database.
    case refused
    /// The connection broke with the command under way: it may have run.
    case connectionLost
    /// The answer did not come in time: the command may have run.
    case timedOut
    case cancelled
    /// Too many commands are under way.
    case overloaded
  }

  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// True if Redis is away or too slow: do without it.
  public var isUnavailable: Bool {
    switch kind {
    case .unavailable, .refused, .connectionLost, .timedOut, .overloaded: true
    case .server: message.hasPrefix("LOADING") || message.hasPrefix("BUSY")
    case .cancelled: false
    }
  }

  var isMissingScript: Bool { kind == .server && message.hasPrefix("NOSCRIPT") }

  public var description: String { "redis \(kind): \(message)" }
}
