/// Why a socket was closed (RFC 6455, section 7.4).
public nonisolated struct CloseCode:
  RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral
{
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public init(integerLiteral value: UInt16) { rawValue = value }

  public static let normal: CloseCode = 1000
  /// This server is shutting down, or the client leaves its page.
  public static let goingAway: CloseCode = 1001
  public static let protocolError: CloseCode = 1002
  /// A kind of message that is not taken: a binary one.
  public static let unsupportedData: CloseCode = 1003
  /// Never sent: the peer's close frame had no code.
  public static let noStatus: CloseCode = 1005
  /// Never sent: the connection was lost without a close frame.
  public static let abnormal: CloseCode = 1006
  /// Text that is no UTF-8, or data that cannot be inflated.
  public static let invalidPayload: CloseCode = 1007
  public static let policyViolation: CloseCode = 1008
  public static let messageTooBig: CloseCode = 1009
  public static let internalError: CloseCode = 1011
  /// The peer reads too slowly.
  public static let tryAgainLater: CloseCode = 1013

  /// Whether a close frame may carry it: those of the protocol that are defined for it, those
  /// registered with IANA, and private ones.
  public var mayBeSent: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
