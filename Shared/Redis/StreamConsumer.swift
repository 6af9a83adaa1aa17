import EventLoop
import Wire

/// One consumer of a group that shares a stream: each entry goes to one of them, and to another one
/// when the first died with it.
///
/// Reading waits in Redis, on a connection of its own. A group or stream that Redis has forgotten is
/// made again. An entry stays with the group until `done`; whoever holds one for long calls `renew`.
public final class StreamConsumer {
  /// Entries read at once.
  public nonisolated static let batchMax = 16
  /// How long reading waits for entries.
  private static let blockMilliseconds = 2_000
  private static let tidyInterval = Duration.seconds(60)
  private static let forgetMilliseconds = 600_000

  public let stream: String
  public let group: String
  public let name: String
  /// An entry held for longer without `renew` goes to another consumer: its holder is dead.
  public let holdLimit: Duration
  private let reading: RedisConnection
  private let redis: RedisConnection
  private var isGroupKnown = false
  private var cursor = "0-0"
  private var claimAt = Deadline(nanoseconds: 0)
  private var tidyAt = Deadline.after(tidyInterval)
  private static let doneScript = Script(
    String(decoding: PackageResources.stream_done_lua, as: UTF8.self))
  private static let tidyScript = Script(
    String(decoding: PackageResources.stream_tidy_lua, as: UTF8.self))
  private static let backlogScript = Script(
    String(decoding: PackageResources.stream_backlog_lua, as: UTF8.self))

  /// - Parameters:
  ///   - name: of this consumer, unlike all others'.
  ///   - url: where the stream is; `redis` is a connection to the same, for what does not wait.
  public init(
    stream: String, group: String, name: String, url: Secret, redis: RedisConnection,
    holdLimit: Duration = .seconds(5)
  ) {
    self.holdLimit = holdLimit
    self.stream = stream
    self.group = group
    self.name = name
    self.redis = redis
    reading = RedisConnection(url: url)
  }

  deinit {}

  public func start() { reading.start() }

  /// Ends `next` at once.
  public func close() { reading.close() }

  // MARK: Reading

  /// The next entries, new ones or those of a dead consumer; none after a while in which none came.
  public func next() async throws(RedisError) -> [StreamEntry] {
    do throws(RedisError) {
      if !isGroupKnown { try await makeGroup() }
      if claimAt.hasPassed {
        let claimed = try await claim()
        if !claimed.isEmpty { return claimed }
      }
      return try await read()
    } catch {
      // The group is gone where Redis was flushed, or the key where it was so while we waited.
      guard error.kind == .server else { throw error }
      isGroupKnown = false
      guard error.message.hasPrefix("NOGROUP") || error.message.hasPrefix("UNBLOCKED") else {
        throw error
      }
      return []
    }
  }

  /// From the stream's beginning: what was added before there was a group counts too.
  private func makeGroup() async throws(RedisError) {
    do throws(RedisError) {
      _ = try await redis.command(
        "XGROUP", "CREATE", .string(stream), .string(group), "0", "MKSTREAM")
    } catch {
      guard error.message.hasPrefix("BUSYGROUP") else { throw error }
    }
    isGroupKnown = true
  }

  private func read() async throws(RedisError) -> [StreamEntry] {
    let reply = try await reading.command(
      [
        "XREADGROUP", "GROUP", .string(group), .string(name), "COUNT", .int(Self.batchMax),
        "BLOCK", .int(Self.blockMilliseconds), "STREAMS", .string(stream), ">",
      ], timeout: .milliseconds(Self.blockMilliseconds + 1_000))
    guard let entries = reply.array?.first?.array?.last?.array else { return [] }
    return entries.compactMap { StreamEntry($0) }
  }

  /// What others held for too long, this consumer's own earlier failures too.
  private func claim() async throws(RedisError) -> [StreamEntry] {
    let reply = try await redis.command(
      "XAUTOCLAIM", .string(stream), .string(group), .string(name),
      .int(Int(holdLimit / .milliseconds(1))), .string(cursor), "COUNT",
      .int(Self.batchMax))
    let parts = reply.array ?? []
    cursor = parts.first?.string ?? "0-0"
    // More of them at once, the rest after a while.
    if cursor == "0-0" { claimAt = .after(holdLimit / 2) }
    try await tidy()
    guard parts.count >= 2 else { return [] }
    var entries = (parts[1].array ?? []).compactMap { StreamEntry($0) }
    guard let first = entries.first?.id, let last = entries.last?.id else { return [] }
    let pending = try await redis.command(
      "XPENDING", .string(stream), .string(group), .string(first), .string(last),
      .int(Self.batchMax * 16), .string(name))
    var deliveries: [String: Int] = [:]
    for row in pending.array ?? [] {
      guard let parts = row.array, parts.count == 4, let id = parts[0].string else { continue }
      deliveries[id] = parts[3].int
    }
    for index in entries.indices { entries[index].deliveries = deliveries[entries[index].id] ?? 1 }
    return entries
  }

  private func tidy() async throws(RedisError) {
    guard tidyAt.hasPassed else { return }
    tidyAt = .after(Self.tidyInterval)
    _ = try await redis.evaluate(
      Self.tidyScript, keys: [.string(stream)],
      arguments: [.string(group), .string(name), .int(Self.forgetMilliseconds)])
  }

  // MARK: Holding

  /// Entries that are still being worked on: nobody else gets them for another `holdLimit`, and their
  /// deliveries are counted anew.
  public func renew(_ ids: [String]) async throws(RedisError) {
    guard !ids.isEmpty else { return }
    _ = try await redis.command(
      ["XCLAIM", .string(stream), .string(group), .string(name), 0]
        + ids.map { .string($0) } + ["RETRYCOUNT", 0, "JUSTID"])
  }

  /// Entries have taken effect: they go, and in the same step the messages are published.
  public func done(
    _ ids: [String], publishing messages: [(channel: String, payload: [UInt8])] = []
  ) async throws(RedisError) {
    guard !ids.isEmpty else { return }
    var arguments: [RedisArgument] = [.string(group), .int(ids.count)]
    arguments += ids.map { .string($0) }
    for message in messages { arguments += [.string(message.channel), .bytes(message.payload)] }
    _ = try await redis.evaluate(
      Self.doneScript, keys: [.string(stream)], arguments: arguments)
  }

  /// How far a group is behind; asked by who adds to the stream.
  public static func backlog(
    of stream: String, group: String, _ redis: RedisConnection
  ) async throws(RedisError) -> StreamBacklog {
    let reply = try await redis.evaluate(
      backlogScript, keys: [.string(stream)], arguments: [.string(group)])
    guard let backlog = StreamBacklog(reply) else { throw RedisError(.server, "no backlog") }
    return backlog
  }
}
