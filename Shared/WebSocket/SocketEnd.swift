/// How a socket ended.
public nonisolated struct SocketEnd: Equatable, Sendable {
  public enum Cause: Sendable {
    /// The peer sent a close frame.
    case peer
    /// The owner called `close`, or the server drained.
    case owner
    /// The peer broke the protocol, or a bound of it.
    case violation
    /// The peer does not read: more than `queueBytesMax` was waiting for it.
    case slow
    /// Nothing came for `silenceLimit`, or the connection was lost.
    case lost
  }

  public var cause: Cause
  /// The code of the close frame, sent or received; `abnormal` where there was none.
  public var code: CloseCode
  /// For the log. The peer's own words, where it was the peer.
  public var reason: String

  public init(_ cause: Cause, _ code: CloseCode, _ reason: String = "") {
    self.cause = cause
    self.code = code
    self.reason = reason
  }
}
