import Redis

/// The sorted sets of the leaderboards in Redis: three a window, by time, badges and points, and a
/// mark that says of which moment they are.
///
/// Whatever Redis lost is noticed: without its mark, or without the member that every set has, a set
/// is made again. Users have members only above 0.
struct BoardSets {
  /// Of which moment the sets are.
  struct Mark: Hashable {
    var epoch: String
    /// Changes of transactions before this one are in the sets.
    var position: Int64
    /// Another one with each change, so that of two who change at the same time one is refused.
    var nonce: String

    init(epoch: String, position: Int64) {
      self.epoch = epoch
      self.position = position
      nonce = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Reads what `text` wrote; nil for anything else.
    init?(parsing text: String) {
      let parts = text.split(separator: " ")
      guard parts.count == 3, let position = Int64(parts[1]) else { return nil }
      epoch = String(parts[0])
      self.position = position
      nonce = String(parts[2])
    }

    var text: String { "\(epoch) \(position) \(nonce)" }
  }

  private let redis: RedisConnection

  private static let lifetimeSeconds = 172_800
  private static let buildingSeconds = 60

  init(_ redis: RedisConnection) { self.redis = redis }

  func mark(of window: BoardWindow) async throws(RedisError) -> Mark? {
    try await redis.command("GET", Self.markKey(window)).string.flatMap(Mark.init(parsing:))
  }

  /// Puts changed scores in; false where the sets are of another moment by now than `old`.
  func put(
    _ scores: [BoardStore.Score], into window: BoardWindow, from old: Mark, to new: Mark
  ) async throws(RedisError) -> Bool {
    try await redis.evaluate(
      Self.put, keys: [Self.markKey(window)] + Self.setKeys(window),
      arguments: [.string(old.text), .string(new.text), .int(Self.lifetimeSeconds)]
        + Self.arguments(scores)
    ).int == 1
  }

  private static let put = Script(
    """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    for i = 4, #ARGV, 4 do
      for k = 2, 4 do
        local score = ARGV[i + k - 1]
        if tonumber(score) > 0 then redis.call('ZADD', KEYS[k], score, ARGV[i])
        else redis.call('ZREM', KEYS[k], ARGV[i]) end
      end
    end
    redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
    for k = 2, 4 do redis.call('EXPIRE', KEYS[k], ARGV[3]) end
    return 1
    """)

  /// Puts scores into sets that are being made, under names of their own.
  func build(
    _ scores: [BoardStore.Score], for window: BoardWindow, _ mark: Mark, isFirst: Bool
  ) async throws(RedisError) {
    _ = try await redis.evaluate(
      Self.build, keys: Self.setKeys(window, mark),
      arguments: [.int(isFirst ? 1 : 0), .int(Self.buildingSeconds)] + Self.arguments(scores))
  }

  private static let build = Script(
    """
    for k = 1, 3 do
      if ARGV[1] == '1' then redis.call('ZADD', KEYS[k], 0, '') end
      for i = 3, #ARGV, 4 do
        local score = ARGV[i + k]
        if tonumber(score) > 0 then redis.call('ZADD', KEYS[k], score, ARGV[i]) end
      end
      redis.call('EXPIRE', KEYS[k], ARGV[2])
    end
    """)

  /// Makes the built sets the window's; false where Redis has lost any of them, or others have put
  /// theirs there since the mark was `old`.
  func publish(
    _ mark: Mark, for window: BoardWindow, insteadOf old: Mark?
  ) async throws(RedisError) -> Bool {
    try await redis.evaluate(
      Self.publish,
      keys: [Self.markKey(window)] + Self.setKeys(window) + Self.setKeys(window, mark),
      arguments: [.string(old?.text ?? ""), .string(mark.text), .int(Self.lifetimeSeconds)]
    ).int == 1
  }

  private static let publish = Script(
    """
    if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
    for k = 5, 7 do
      if not redis.call('ZSCORE', KEYS[k], '') then return 0 end
    end
    for k = 2, 4 do
      redis.call('RENAME', KEYS[k + 3], KEYS[k])
      redis.call('EXPIRE', KEYS[k], ARGV[3])
    end
    redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
    return 1
    """)

  /// Has the sets made again: something is wrong with them.
  func forget(_ window: BoardWindow) async throws(RedisError) {
    _ = try await redis.command("DEL", Self.markKey(window))
  }

  /// nil where the sets are gone, or of another epoch.
  func ranking(
    by rankedBy: RankedBy, in window: BoardWindow, epoch: String, of userID: String, limit: Int
  ) async throws(RedisError) -> Ranking? {
    let answer = try await redis.evaluate(
      Self.rank, keys: [Self.markKey(window), Self.setKey(window, rankedBy)],
      arguments: [.string(epoch), .int(limit), .string(userID)]
    ).array
    guard let answer, answer.count == 3, let list = answer[0].array, let score = answer[1].int,
      let above = answer[2].int
    else { return nil }
    var top: [(userID: String, score: Int)] = []
    for index in stride(from: 0, to: list.count - 1, by: 2) {
      guard let member = list[index].string, let score = list[index + 1].int else { return nil }
      top.append((member, score))
    }
    return Ranking(top: top, of: userID, score: score, above: above)
  }

  private static let rank = Script(
    """
    local mark = redis.call('GET', KEYS[1])
    if not mark or string.sub(mark, 1, #ARGV[1]) ~= ARGV[1] then return false end
    if not redis.call('ZSCORE', KEYS[2], '') then return false end
    local mine = redis.call('ZSCORE', KEYS[2], ARGV[3]) or '0'
    return {
      redis.call('ZREVRANGEBYSCORE', KEYS[2], '+inf', '(0', 'WITHSCORES', 'LIMIT', 0, ARGV[2]),
      mine, redis.call('ZCOUNT', KEYS[2], '(' .. mine, '+inf')
    }
    """)

  private static func arguments(_ scores: [BoardStore.Score]) -> [RedisArgument] {
    scores.flatMap { score -> [RedisArgument] in
      [.string(score.userID), .int(score.seconds), .int(score.badges), .int(score.points)]
    }
  }

  private static func name(_ window: BoardWindow) -> String {
    "focal:board:\(window.span.rawValue):\(window.firstDay)"
  }

  private static func markKey(_ window: BoardWindow) -> RedisArgument {
    .string("\(name(window)):mark")
  }

  private static func setKey(
    _ window: BoardWindow, _ rankedBy: RankedBy, _ mark: Mark? = nil
  ) -> RedisArgument {
    .string("\(name(window)):\(rankedBy.rawValue)" + (mark.map { ":\($0.nonce)" } ?? ""))
  }

  /// By time, badges and points.
  private static func setKeys(_ window: BoardWindow, _ mark: Mark? = nil) -> [RedisArgument] {
    RankedBy.allCases.map { setKey(window, $0, mark) }
  }
}
