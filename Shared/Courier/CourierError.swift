/// Why an outgoing call has no answer.
public nonisolated struct CourierError: Error, Hashable, Sendable, CustomStringConvertible {
  public nonisolated enum Kind: String, Sendable, Hashable {
    /// The call cannot be made as it is: a URL, a header or an address that is none.
    case invalid
    /// The name resolves to an address that may not be called.
    case forbiddenAddress = "forbidden_address"
    /// The name did not resolve.
    case unresolved
    /// No connection could be made, or it broke.
    case unreachable
    /// The peer's certificate is not one to trust, or there is no common TLS.
    case untrusted
    case timedOut = "timed_out"
    /// The answer is larger than the caller takes.
    case tooLarge = "too_large"
    /// The mail server refused the sign-in, the sender, the recipient or the mail.
    case refused
    /// Too many calls wait already: nothing was sent.
    case overloaded
    case cancelled
    /// The courier was closed.
    case closed
    /// Anything else; the message tells.
    case failed
  }

  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { "\(kind.rawValue): \(message)" }

  static let cancelled = CourierError(.cancelled, "the task was cancelled")
  static let closed = CourierError(.closed, "the courier is closed")
  static let timedOut = CourierError(.timedOut, "no answer in time")
}
