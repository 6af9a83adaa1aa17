import Contracts
import Events
import Security
import Wire

extension Forum {
  public func createPost(
    _ request: CreatePostRequest, _ context: CallContext
  ) async throws -> Post {
    let userID = try context.userID
    try await users.know(userID, context)
    let now = now()
    let post = Post(
      id: UUIDv7.makeText(), userID: userID, username: try await stores.users.name(of: userID),
      title: request.title, content: request.content, category: request.category, createdAt: now,
      updatedAt: now)
    let event = try Event(topic: Self.postTopic, post.event(version: 1, isGone: false))
    guard try await stores.posts.add(post, event) else { throw Refusal.gone }
    await deliver(event, context)
    return post
  }

  public func listPosts(
    _ request: ListPostsRequest, _ context: CallContext
  ) async throws -> PostList {
    let search = request.q.flatMap { $0.isEmpty ? nil : $0 }
    let order: PostOrder =
      switch request.sort {
      case .new: .new
      case .top: .top
      case .hot: .hot
      case .unspecified, nil: search == nil ? .new : .relevance
      }
    let cursor = try cursor(request.cursor, of: order.rawValue)
    let filter = PostFilter(
      reader: try context.userID, search: search, category: request.category, order: order,
      startedAt: cursor?.startedAt ?? now())
    let limit = Int(request.limit ?? 20)
    // One more than asked for tells whether there is a next page.
    let found = try await stores.posts.page(filter, after: cursor?.end, limit: limit + 1)
    let count = CommunityRules.pageCount(
      of: found.lazy.map { $0.post.title.utf8.count + $0.post.content.utf8.count }, limit: limit)
    let page = found.prefix(count)
    var next: ListCursor?
    if count < found.count, let last = page.last {
      next = ListCursor(
        list: order.rawValue, startedAt: filter.startedAt,
        end: .init(key: last.key, id: last.post.id))
    }
    return PostList(items: page.map(\.post), nextCursor: next?.text)
  }

  public func getPost(_ request: GetPostRequest, _ context: CallContext) async throws -> Post {
    try await visiblePost(request.postID, context).post
  }

  public func updatePost(
    _ request: UpdatePostRequest, _ context: CallContext
  ) async throws -> Post {
    try await untilUndisturbed {
      let stored = try await ownPost(request.postID, context)
      var post = stored.post
      post.title = request.title ?? post.title
      post.content = request.content ?? post.content
      post.category = request.category ?? post.category
      if post == stored.post { return post }
      post.updatedAt = now()
      post.editedAt = post.updatedAt
      let event = try Event(
        topic: Self.postTopic, post.event(version: stored.version + 1, isGone: post.isHidden))
      guard try await stores.posts.update(post, over: stored.version, event) else { return nil }
      await deliver(event, context)
      return post
    }
  }

  public func deletePost(
    _ request: DeletePostRequest, _ context: CallContext
  ) async throws -> Empty {
    try await untilUndisturbed {
      let stored = try await ownPost(request.postID, context)
      let event = try Event(
        topic: Self.postTopic, stored.post.event(version: stored.version + 1, isGone: true))
      guard
        try await stores.posts.delete(stored.post.id, over: stored.version, at: now(), event)
      else { return nil }
      await deliver(event, context)
      return Empty()
    }
  }

  /// A post that the caller may read.
  func visiblePost(_ id: String, _ context: CallContext) async throws -> StoredPost {
    let userID = try context.userID
    guard let stored = try await stores.posts.post(id, for: userID) else { throw Refusal.noPost }
    let isForAll = !stored.post.isHidden
    guard isForAll || stored.post.userID == userID || context.isModerator else {
      throw Refusal.noPost
    }
    return stored
  }

  /// A post that the caller may change.
  private func ownPost(_ id: String, _ context: CallContext) async throws -> StoredPost {
    let stored = try await visiblePost(id, context)
    guard try stored.post.userID == context.userID || context.isModerator else {
      throw Refusal.notYours
    }
    return stored
  }
}
