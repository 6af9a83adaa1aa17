import Wire

/// Why the service refuses a call, in the words that the caller sees.
enum Refusal {
  /// The same of who is not there and of who blocks the sender: nobody learns of being blocked.
  static let unknownReceiver = RPCError(.notFound, "no_user", "There is no such user.")
  static let notFound = RPCError(.notFound, "not_found", "There is no such conversation.")
  static let noMessage = RPCError(
    .notFound, "no_message", "There is no such message in this conversation.")
  static let noNotification = RPCError(
    .notFound, "no_notification", "There is no such notification.")
  static let toOneself = RPCError.broken("receiver_id", "self", "must be somebody else")
}
