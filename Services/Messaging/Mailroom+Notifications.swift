import Contracts
import Observability
import Security
import Wire

extension Mailroom {
  public func listNotifications(
    _ request: ListNotificationsRequest, _ context: CallContext
  ) async throws -> NotificationList {
    var below: Int64?
    if let text = request.cursor {
      below = Int64(text, radix: 36)
      guard below != nil else { throw RPCError.badCursor }
    }
    let limit = Int(request.limit ?? 20)
    let page = Self.page(
      try await notifications.page(
        of: context.userID, isRead: request.unread.map { !$0 }, below: below, limit: limit + 1),
      limit: limit)
    let next = page.hasMore ? page.items.last : nil
    return NotificationList(
      items: page.items.map(\.notification),
      nextCursor: next.map { String($0.number, radix: 36) })
  }

  public func readNotifications(
    _ request: ReadNotificationsRequest, _ context: CallContext
  ) async throws -> UnreadCount {
    let userID = try context.userID
    var upTo: Int64 = request.ids.isEmpty ? .max : 0
    if let text = request.upToID {
      guard let id = UUIDv7(text)?.text,
        let number = try await notifications.number(of: id, of: userID)
      else { throw Refusal.noNotification }
      upTo = number
    }
    // What is no id is nobody's notification.
    let ids = request.ids.compactMap { UUIDv7($0)?.text }
    try await notifications.read(upTo: upTo, ids, of: userID)
    unreadChanged(userID)
    return UnreadCount(unreadCount: try await notifications.unreadCount(of: userID))
  }

  public func getNotificationPreferences(
    _ request: GetNotificationPreferencesRequest, _ context: CallContext
  ) async throws -> NotificationPreferences {
    NotificationPreferences(try await notifications.muted(by: context.userID))
  }

  public func setNotificationPreferences(
    _ request: SetNotificationPreferencesRequest, _ context: CallContext
  ) async throws -> NotificationPreferences {
    let change = MutedKinds.change([
      (NotificationKind.badgeAwarded.rawValue, request.badgeAwarded),
      (NotificationKind.reply.rawValue, request.reply),
      (NotificationKind.like.rawValue, request.like),
      (NotificationKind.message.rawValue, request.message),
      (NotificationKind.timerDone.rawValue, request.timerDone),
      (NotificationKind.roomInvitation.rawValue, request.roomInvitation),
    ])
    return NotificationPreferences(
      try await notifications.change(change, of: context.userID))
  }

  public func applyNotification(
    _ request: NotificationRaised, _ context: CallContext
  ) async throws -> EventApplied {
    guard let raised = RaisedNotification(request) else {
      Log.shared.warning(
        "notification dropped",
        ["notification": .string(request.id), "request_id": .string(context.requestID)])
      return EventApplied(changed: false)
    }
    let isListed = try await notifications.apply(raised)
    committed(isListed ? [raised.id] : [])
    return EventApplied(changed: isListed)
  }
}

extension NotificationPreferences {
  fileprivate init(_ muted: MutedKinds) {
    func wants(_ kind: NotificationKind) -> Bool { muted.wants(kind.rawValue) }
    self.init(
      badgeAwarded: wants(.badgeAwarded), reply: wants(.reply), like: wants(.like),
      message: wants(.message), timerDone: wants(.timerDone),
      roomInvitation: wants(.roomInvitation))
  }
}
