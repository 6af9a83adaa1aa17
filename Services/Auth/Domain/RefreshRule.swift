/// What presenting a refresh token leads to.
///
/// All tokens that come from one login are a family: the device's. Each is good for one refresh, which
/// makes the next. A spent one that comes back means that two hold it, one of them a thief, unless it
/// comes so soon that it is a parallel tab, or a client that never saw the answer.
nonisolated enum RefreshRule {
  /// How long a spent token still serves.
  static let graceMilliseconds: Int64 = 30_000
  /// How long a token is good if nobody uses it. Each refresh begins anew.
  static let lifetimeMilliseconds: Int64 = 30 * 86_400_000

  /// A token of the database. Times are milliseconds since the epoch.
  struct Presented: Hashable {
    /// When it was first used.
    var spentAt: Int64?
    var expiresAt: Int64
  }

  enum Decision: Hashable {
    /// Spend it, and give a new one of the same family.
    case grant
    /// The family is in wrong hands: sign its device out.
    case revokeDevice
    /// Nothing changes.
    case refuse
  }

  static func decide(_ token: Presented?, now: Int64) -> Decision {
    guard let token, now < token.expiresAt else { return .refuse }
    guard let spentAt = token.spentAt else { return .grant }
    // Another process's clock may run ahead: then it is as if it had just been spent.
    return now - spentAt <= graceMilliseconds ? .grant : .revokeDevice
  }
}
