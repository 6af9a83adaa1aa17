import Wire

/// Why the service refuses a call, in the words that the caller sees.
enum Refusal {
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
  static let tooDeep = RPCError.broken(
    "parent_comment_id", "too_deep", "is at depth 8: there are no replies below it")
  static let noParent = RPCError.broken(
    "parent_comment_id", "unknown", "is no comment of this post")
  static let ownContent = RPCError.broken("post_id", "own", "is one's own")
  static let ownComment = RPCError.broken("comment_id", "own", "is one's own")
  static let oneThing = RPCError.broken("post_id", "one_of", "or comment_id is due, and not both")
  static let oneself = RPCError.broken("user_id", "oneself", "is oneself")
}

extension CallContext {
  var isModerator: Bool { caller?.role == .moderator || caller?.role == .admin }
}
