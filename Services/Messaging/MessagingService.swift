import Contracts

/// The messaging service. It has no methods before those of conversations and notifications;
/// until then it answers its health.
public struct Mailroom: MessagingService {
  public init() {}
}
