import COpenSSL

/// Why there is no secure connection: a file that cannot be used, or a peer that broke the protocol or
/// could not prove who it is.
public nonisolated struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was tried.
  public let operation: String
  /// OpenSSL's reason.
  public let reason: String

  public var description: String { "\(operation): \(reason)" }

  init(_ operation: String, reason: String) {
    self.operation = operation
    self.reason = reason
  }

  /// Takes the reason from OpenSSL's queue, and empties it for the next caller.
  static func last(_ operation: String) -> TLSError {
    let code = ERR_peek_error()
    ERR_clear_error()
    guard code != 0 else { return TLSError(operation, reason: "no reason given") }
    if let reason = ERR_reason_error_string(code) {
      return TLSError(operation, reason: String(cString: reason))
    }
    return TLSError(operation, reason: "error \(code)")
  }
}
