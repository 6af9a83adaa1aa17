import Redis

/// Whose events: those of a room, or those to a user. Its name is the Redis channel's.
nonisolated public enum LiveChannel: Hashable, Sendable {
  case room(String)
  case user(String)

  private static let roomPrefix = "focal:live:r:"
  private static let userPrefix = "focal:live:u:"

  /// The channel of this name; nil of another one.
  public init?(name: String) {
    if name.hasPrefix(Self.roomPrefix) {
      self = .room(String(name.dropFirst(Self.roomPrefix.count)))
    } else if name.hasPrefix(Self.userPrefix) {
      self = .user(String(name.dropFirst(Self.userPrefix.count)))
    } else {
      return nil
    }
  }

  public var name: String {
    switch self {
    case .room(let id): Self.roomPrefix + id
    case .user(let id): Self.userPrefix + id
    }
  }

  /// The sorted set of the newest events, by number.
  var logKey: RedisArgument { .string(name + ":log") }
  /// The number of a user's last event.
  var numberKey: RedisArgument { .string(name + ":seq") }
  /// Exists while it is remembered that an event was told.
  func toldKey(_ eventID: String) -> RedisArgument { .string(name + ":e:" + eventID) }
}
