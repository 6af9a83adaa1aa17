import Wire

/// Why the service refuses a call, in the words that the caller sees.
enum Refusal {
  static let noCaller = RPCError(.unauthenticated, "no_caller", "Nobody is signed in.")
  static let gone = RPCError(.notFound, "no_account", "There is no such account.")
  static let noPost = RPCError(.notFound, "not_found", "There is no such post.")
  static let noComment = RPCError(.notFound, "not_found", "There is no such comment.")
  static let noReport = RPCError(.notFound, "not_found", "There is no such report.")
  static let notYours = RPCError(
    .permissionDenied, "not_yours", "Only its author or a moderator may change it.")
  static let notModerator = RPCError(
    .permissionDenied, "not_moderator", "Only moderators and admins may do this.")
  static let threadFull = RPCError(
    .failedPrecondition, "thread_full", "The thread takes no further replies.")
  static let alreadyReported = RPCError(
    .alreadyExists, "already_reported", "You have reported it before.")
  static let tooManyBlocks = RPCError(
    .failedPrecondition, "too_many_blocks", "You block as many users as one may.")
  static let changedMeanwhile = RPCError(
    .aborted, "changed", "It was changed at the same time; try again.")
  static let tooDeep = broken(
    "parent_comment_id", "too_deep", "is at depth 8: there are no replies below it")
  static let noParent = broken("parent_comment_id", "unknown", "is no comment of this post")
  static let ownContent = broken("post_id", "own", "is one's own")
  static let ownComment = broken("comment_id", "own", "is one's own")
  static let oneThing = broken("post_id", "one_of", "or comment_id is due, and not both")
  static let oneself = broken("user_id", "oneself", "is oneself")
  static let badCursor = broken("cursor", "format", "is none that this list has answered")

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

  var isModerator: Bool { caller?.role == .moderator || caller?.role == .admin }
}
