import Wire

/// Why the service refuses a call, in the words that the caller sees.
enum Refusal {
  static let noCaller = RPCError(.unauthenticated, "no_caller", "Nobody is signed in.")
  /// The same of who is not there and of who blocks the sender: nobody learns of being blocked.
  static let unknownReceiver = RPCError(.notFound, "no_user", "There is no such user.")
  static let notFound = RPCError(.notFound, "not_found", "There is no such conversation.")
  static let noMessage = RPCError(
    .notFound, "no_message", "There is no such message in this conversation.")
  static let noNotification = RPCError(
    .notFound, "no_notification", "There is no such notification.")
  static let toOneself = broken("receiver_id", "self", "must be somebody else")
  static let badCursor = broken("cursor", "format", "is none that a list has answered")

  private static func broken(_ field: String, _ code: String, _ message: String) -> RPCError {
    RPCError(
      .invalidArgument, "invalid", "The request breaks a rule.",
      violations: [FieldViolation(field: field, code: code, message: message)])
  }
}

extension CallContext {
  /// The caller's id, in lower case.
  var userID: String {
    get throws(RPCError) {
      guard let caller else { throw Refusal.noCaller }
      return caller.userID
    }
  }
}
