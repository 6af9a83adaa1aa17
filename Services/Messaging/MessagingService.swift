import Contracts
import Wire

/// The messaging service: conversations and notifications.
public struct Mailroom {
  public init() {}

  private static let missing = RPCError(
    .unimplemented, "unimplemented", "This is not served yet.")
}

extension Mailroom: MessagingService {
  public func sendMessage(
    _ request: SendMessageRequest, _ context: CallContext
  ) async throws -> DirectMessage { throw Self.missing }

  public func listConversations(
    _ request: ListConversationsRequest, _ context: CallContext
  ) async throws -> ConversationList { throw Self.missing }

  public func getConversation(
    _ request: GetConversationRequest, _ context: CallContext
  ) async throws -> Conversation { throw Self.missing }

  public func readConversation(
    _ request: ReadConversationRequest, _ context: CallContext
  ) async throws -> Conversation { throw Self.missing }

  public func getUnreadCount(
    _ request: GetUnreadCountRequest, _ context: CallContext
  ) async throws -> UnreadCount { throw Self.missing }

  public func listNotifications(
    _ request: ListNotificationsRequest, _ context: CallContext
  ) async throws -> NotificationList { throw Self.missing }

  public func readNotifications(
    _ request: ReadNotificationsRequest, _ context: CallContext
  ) async throws -> UnreadCount { throw Self.missing }

  public func getNotificationPreferences(
    _ request: GetNotificationPreferencesRequest, _ context: CallContext
  ) async throws -> NotificationPreferences { throw Self.missing }

  public func setNotificationPreferences(
    _ request: SetNotificationPreferencesRequest, _ context: CallContext
  ) async throws -> NotificationPreferences { throw Self.missing }

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied { EventApplied(changed: false) }

  public func applyBlock(
    _ request: BlockChanged, _ context: CallContext
  ) async throws -> EventApplied { EventApplied(changed: false) }

  public func applyNotification(
    _ request: NotificationRaised, _ context: CallContext
  ) async throws -> EventApplied { EventApplied(changed: false) }
}
