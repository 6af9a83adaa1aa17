import Contracts
import Events
import Wire

extension Forum {
  public func toggleLikeOfPost(
    _ request: LikePostRequest, _ context: CallContext
  ) async throws -> Like {
    try await likePost(request.postID, wanted: nil, context)
  }

  public func likePost(_ request: LikePostRequest, _ context: CallContext) async throws -> Like {
    try await likePost(request.postID, wanted: true, context)
  }

  public func unlikePost(_ request: LikePostRequest, _ context: CallContext) async throws -> Like {
    try await likePost(request.postID, wanted: false, context)
  }

  public func toggleLikeOfComment(
    _ request: LikeCommentRequest, _ context: CallContext
  ) async throws -> Like {
    try await likeComment(request.commentID, wanted: nil, context)
  }

  public func likeComment(
    _ request: LikeCommentRequest, _ context: CallContext
  ) async throws -> Like {
    try await likeComment(request.commentID, wanted: true, context)
  }

  public func unlikeComment(
    _ request: LikeCommentRequest, _ context: CallContext
  ) async throws -> Like {
    try await likeComment(request.commentID, wanted: false, context)
  }

  private func likePost(
    _ id: String, wanted: Bool?, _ context: CallContext
  ) async throws -> Like {
    try await users.know(context.userID, context)
    let post = try await openPost(id, context)
    return try await like(
      .post, post.id, of: post.userID, named: "post “\(post.title)”", wanted: wanted, context)
  }

  private func likeComment(
    _ id: String, wanted: Bool?, _ context: CallContext
  ) async throws -> Like {
    try await users.know(context.userID, context)
    let comment = try await openComment(id, context)
    return try await like(
      .comment, comment.id, of: comment.userID, named: "comment", wanted: wanted, context)
  }

  /// Its author is told once of each liker, however often that one changes his mind.
  private func like(
    _ thing: LikeStore.Thing, _ id: String, of author: String, named name: String, wanted: Bool?,
    _ context: CallContext
  ) async throws -> Like {
    let userID = try context.userID
    var event: Event?
    if wanted != false, author != userID {
      let username = try await stores.users.name(of: userID)
      event = try await notification(
        .like, to: author, StableID.make("like", id, userID), "\(username) likes your \(name)",
        about: id, from: userID)
    }
    let outcome = try await stores.likes.like(thing, id, by: userID, wanted: wanted, event)
    guard let outcome else { throw thing == .post ? Refusal.noPost : Refusal.noComment }
    if outcome.isNew, let event { await deliver(event, context) }
    return outcome.like
  }
}
