import Redis

/// Whom anybody follows: asked before what nobody would hear is made.
public final class LiveAudience {
  private let redis: RedisConnection
  private let script = Script(
    String(decoding: PackageResources.live_followed_lua, as: UTF8.self))

  /// Users a question.
  public nonisolated static let usersMax = 1_000

  public init(_ redis: RedisConnection) { self.redis = redis }

  /// Those of the users, at most `usersMax`, to whom an event would be told.
  public func followed(among userIDs: [String]) async throws -> Set<String> {
    guard !userIDs.isEmpty else { return [] }
    let channels = userIDs.prefix(Self.usersMax).map(LiveChannel.user)
    let places = try await redis.evaluate(
      script, keys: channels.map(\.numberKey), arguments: channels.map { .string($0.name) }
    ).array
    return Set((places ?? []).compactMap(\.int).map { userIDs[$0 - 1] })
  }
}
