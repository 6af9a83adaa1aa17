/// How far a group of a stream's consumers is behind.
nonisolated public struct StreamBacklog: Sendable, Hashable {
  /// Entries of the stream.
  public var length: Int
  /// How long ago the oldest entry was added that the group has not done; nil: there is none.
  public var oldestAge: Duration?

  public init(length: Int, oldestAge: Duration?) {
    self.length = length
    self.oldestAge = oldestAge
  }

  public init?(_ reply: RedisValue) {
    guard let parts = reply.array, parts.count == 2, let length = parts[0].int,
      let age = parts[1].int
    else { return nil }
    self.init(length: length, oldestAge: age < 0 ? nil : .milliseconds(age))
  }
}
