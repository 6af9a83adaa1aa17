import Contracts

/// The community service. It has no methods before those of posts and comments;
/// until then it answers its health.
public struct Forum: CommunityService {
  public init() {}
}
