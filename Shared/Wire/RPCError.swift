/// Why a call failed: what crosses process borders instead of an answer.
public nonisolated struct RPCError: Error, Hashable, Sendable {
  /// gRPC's codes, with its meanings.
  public enum Code: UInt8, Sendable, CaseIterable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
  }

  public var code: Code
  /// For machines, e.g. `email_taken`.
  public var reason: String
  /// For people.
  public var message: String
  public var violations: [FieldViolation]
  /// When a further attempt makes sense.
  public var retryAfter: Duration?

  public init(
    _ code: Code, _ reason: String, _ message: String, violations: [FieldViolation] = [],
    retryAfter: Duration? = nil
  ) {
    self.code = code
    self.reason = reason
    self.message = message
    self.violations = violations
    self.retryAfter = retryAfter
  }
}

nonisolated extension RPCError {
  /// A field of the request breaks a rule that the contract's tables do not know.
  public static func broken(_ field: String, _ code: String, _ message: String) -> RPCError {
    invalid([FieldViolation(field: field, code: code, message: message)])
  }

  /// 422: fields break rules.
  public static func invalid(_ violations: [FieldViolation]) -> RPCError {
    RPCError(
      .invalidArgument, "invalid", "The request breaks a rule.", violations: violations)
  }

  public static let badCursor = broken("cursor", "format", "is none that this list has answered")
}

nonisolated extension RPCError: CustomStringConvertible {
  public var description: String { "\(code) (\(reason)): \(message)" }
}

/// An error of a store or a library that knows what a caller may learn of it.
public nonisolated protocol CallFailure: Error {
  /// `RPCError`, `CancellationError`, or itself: what is no outage is logged and hidden.
  var callError: any Error { get }
}
