import Contracts
import Security
import Wire

extension Mailroom {
  public func sendMessage(
    _ request: SendMessageRequest, _ context: CallContext
  ) async throws -> DirectMessage {
    let senderID = try context.userID
    guard let receiverID = UUIDv7(request.receiverID)?.text else {
      throw Refusal.unknownReceiver
    }
    guard receiverID != senderID else { throw Refusal.toOneself }
    let id = UUIDv7.makeText()
    let event = UUIDv7.makeText()
    func send() async throws -> DirectMessage? {
      try await messages.send(
        request.content, from: senderID, to: receiverID, conversationID: id,
        random: UUIDv7.makeText(), event: event, now: now())
    }
    var sent = try await send()
    if sent == nil, try await learn(senderID, receiverID, context) { sent = try await send() }
    guard let sent else { throw Refusal.unknownReceiver }
    // The message, and where it is listed its notification.
    committed([event, sent.id])
    return sent
  }

  /// Asks auth of two users of whom perhaps one is not known yet; returns whether that helped.
  ///
  /// Of a receiver who is known, and so blocks the sender or is gone, auth is asked just as of one
  /// who never was: the refusal takes as long.
  private func learn(
    _ senderID: String, _ receiverID: String, _ context: CallContext
  ) async throws -> Bool {
    let known = try await users.known(among: [senderID, receiverID])
    var isNews = false
    for userID in [senderID, receiverID] where userID == receiverID || !known.contains(userID) {
      let user: UserChanged
      do {
        user = try await auth.getSettings(GetSettingsRequest(userID: userID), context)
      } catch let error as RPCError where error.code == .notFound {
        return false
      }
      guard !known.contains(userID) else { continue }
      _ = try await users.save(user)
      isNews = true
    }
    return isNews
  }

  public func listConversations(
    _ request: ListConversationsRequest, _ context: CallContext
  ) async throws -> ConversationList {
    let cursor = try PageCursor.read(request.cursor)
    let limit = Int(request.limit ?? 20)
    let page = Self.page(
      try await conversations.page(of: context.userID, after: cursor, limit: limit + 1),
      limit: limit)
    let next = page.hasMore ? page.items.last : nil
    return ConversationList(
      items: page.items,
      nextCursor: next.map { PageCursor(key: $0.lastMessageAt ?? 0, id: $0.id).text })
  }

  public func getConversation(
    _ request: GetConversationRequest, _ context: CallContext
  ) async throws -> Conversation {
    var cursor: String?
    if let text = request.cursor {
      cursor = UUIDv7(text)?.text
      guard cursor != nil else { throw RPCError.badCursor }
    }
    var conversation = try await conversation(request.conversationID, of: context.userID)
    let limit = Int(request.limit ?? 20)
    let page = Self.page(
      try await messages.page(of: conversation.id, before: cursor, limit: limit + 1), limit: limit)
    conversation.messages = MessagePage(
      items: page.items, nextCursor: page.hasMore ? page.items.last?.id : nil)
    return conversation
  }

  public func readConversation(
    _ request: ReadConversationRequest, _ context: CallContext
  ) async throws -> Conversation {
    let userID = try context.userID
    let id = request.conversationID
    guard let upTo = request.upToMessageID else {
      guard try await conversations.readAll(id, by: userID) else { throw Refusal.notFound }
      unreadChanged(userID)
      return try await conversation(id, of: userID)
    }
    guard let messageID = UUIDv7(upTo)?.text else { throw Refusal.noMessage }
    let isRead = try await conversations.read(id, upTo: messageID, by: userID)
    let conversation = try await conversation(id, of: userID)
    guard isRead else { throw Refusal.noMessage }
    unreadChanged(userID)
    return conversation
  }

  public func getUnreadCount(
    _ request: GetUnreadCountRequest, _ context: CallContext
  ) async throws -> UnreadCount {
    UnreadCount(unreadCount: try await conversations.unreadCount(of: context.userID))
  }

  private func conversation(_ id: String, of userID: String) async throws -> Conversation {
    guard let conversation = try await conversations.conversation(id, of: userID) else {
      throw Refusal.notFound
    }
    return conversation
  }
}
