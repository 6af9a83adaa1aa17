import Contracts
import Events
import Security
import Wire

extension Forum {
  private static let commentList: Character = "c"

  public func createComment(
    _ request: CreateCommentRequest, _ context: CallContext
  ) async throws -> Comment {
    let userID = try context.userID
    try await users.know(userID, context)
    let post = try await openPost(request.postID, context)
    var parent: StoredComment?
    if let id = request.parentCommentID {
      parent = try await stores.comments.comment(id, for: userID)
      guard let parent, parent.comment.postID == post.id, !parent.comment.isDeleted else {
        throw Refusal.noParent
      }
      guard parent.comment.depth < CommunityRules.depthMax else { throw Refusal.tooDeep }
    }
    let now = now()
    let comment = Comment(
      id: UUIDv7.makeText(), postID: post.id, userID: userID,
      username: try await stores.users.name(of: userID), content: request.content,
      parentCommentID: parent?.comment.id, depth: parent.map { $0.comment.depth + 1 } ?? 0,
      createdAt: now, updatedAt: now)
    let event = try await notification(
      .reply, to: parent?.comment.userID ?? post.userID,
      StableID.make("reply", comment.id),
      "\(comment.username) answered your \(parent == nil ? "post" : "comment on") “\(post.title)”",
      about: comment.id, from: userID)
    switch try await stores.comments.add(comment, rootID: parent?.rootID, event) {
    case .added: break
    case .noUser: throw Refusal.gone
    case .noParent: throw Refusal.noParent
    case .full: throw Refusal.threadFull
    case .noPost: throw Refusal.noPost
    }
    if let event { await deliver(event, context) }
    return comment
  }

  public func listComments(
    _ request: ListCommentsRequest, _ context: CallContext
  ) async throws -> CommentList {
    let userID = try context.userID
    let post = try await visiblePost(request.postID, context).post
    let cursor = try cursor(request.cursor, of: Self.commentList)
    let limit = Int(request.limit ?? 20)
    let found = try await stores.comments.roots(
      of: post.id, for: userID, after: cursor?.end, limit: limit + 1)
    let count = CommunityRules.pageCount(of: found.lazy.map(\.threadSize), limit: limit)
    let roots = found.prefix(count)
    let threads = roots.filter(\.hasReplies).map(\.comment.id)
    let replies =
      threads.isEmpty ? [] : try await stores.comments.replies(in: threads, for: userID)
    var next: ListCursor?
    if count < found.count, let last = roots.last?.comment {
      next = ListCursor(list: Self.commentList, end: .init(key: last.createdAt, id: last.id))
    }
    return CommentList(
      items: CommentTree.trees(of: (roots + replies).map(\.comment)), nextCursor: next?.text)
  }

  public func updateComment(
    _ request: UpdateCommentRequest, _ context: CallContext
  ) async throws -> Comment {
    var comment = try await ownComment(request.commentID, context)
    guard comment.content != request.content else { return comment }
    comment.content = request.content
    comment.updatedAt = now()
    switch try await stores.comments.update(
      comment.id, content: comment.content, at: comment.updatedAt)
    {
    case .changed: return comment
    case .full: throw Refusal.threadFull
    case .gone: throw Refusal.noComment
    }
  }

  public func deleteComment(
    _ request: DeleteCommentRequest, _ context: CallContext
  ) async throws -> Empty {
    let comment = try await ownComment(request.commentID, context)
    guard try await stores.comments.delete(comment.id, at: now()) else { throw Refusal.noComment }
    return Empty()
  }

  /// A post that is there for everybody, so that it can be answered and liked.
  func openPost(_ id: String, _ context: CallContext) async throws -> Post {
    let post = try await visiblePost(id, context).post
    guard !post.isHidden else { throw Refusal.noPost }
    return post
  }

  /// A comment that is neither deleted nor hidden.
  func openComment(_ id: String, _ context: CallContext) async throws -> Comment {
    let stored = try await stores.comments.comment(id, for: context.userID)
    guard let comment = stored?.comment, !comment.isDeleted else { throw Refusal.noComment }
    return comment
  }

  /// A comment that the caller may change.
  private func ownComment(_ id: String, _ context: CallContext) async throws -> Comment {
    let comment = try await openComment(id, context)
    guard try comment.userID == context.userID || context.isModerator else {
      throw Refusal.notYours
    }
    return comment
  }

  /// What somebody is to be told; nil where it would be told to its cause, to nobody, or to somebody
  /// who blocks its cause.
  func notification(
    _ kind: NotificationKind, to receiver: String, _ id: String, _ text: String,
    about subject: String, from actor: String
  ) async throws -> Event? {
    guard receiver != actor, !receiver.isEmpty else { return nil }
    guard try await !stores.blocks.blocks(receiver, actor) else { return nil }
    return try Event(
      topic: Self.notificationTopic,
      NotificationRaised(
        id: id, userID: receiver, kind: kind, text: text, subjectID: subject, actorID: actor,
        createdMs: now()))
  }
}
