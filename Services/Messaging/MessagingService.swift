import Contracts
import Wire

/// The messaging service: until its messages and notifications come, it answers its health.
public struct Mailroom: MessagingService {
  public init() {}

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }

  public func applyBlock(
    _ request: BlockChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }

  public func applyNotification(
    _ request: NotificationRaised, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }
}
