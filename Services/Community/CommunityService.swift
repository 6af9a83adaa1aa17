import Contracts
import Wire

/// The community service: until its posts and comments come, it answers its health.
public struct Forum: CommunityService {
  public init() {}

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }
}
