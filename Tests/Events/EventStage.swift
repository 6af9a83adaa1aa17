import Contracts
import EventLoop
import EventLoopTesting
import Foundation
import Postgres
import Redis
import RedisTesting
import Testing
import Wire

@testable import Events

/// Tests of servers, one at a time: what waits for deadlines must not wait for other tests.
@Suite(
  .serialized,
  .enabled(if: EventStage.url != nil, "FOCAL_TEST_DATABASE_URL is not set"),
  .enabled(if: PrivateRedis.isInstalled, .init(rawValue: PrivateRedis.isMissing)))
struct WithStores {}

/// An outbox in a schema of its own, a Redis of its own, replicas of a producer and of a consumer.
final class EventStage {
  nonisolated static let url = ProcessInfo.processInfo.environment["FOCAL_TEST_DATABASE_URL"]

  let databaseURL: String
  let pool: PostgresPool
  let server: PrivateRedis
  let redis: RedisConnection
  private var outboxes: [Outbox] = []
  private var consumers: [EventConsumer] = []
  /// How often each session's effect was asked for.
  var effects: [String: Int] = [:]
  /// How often the consumer was called.
  var calls = 0
  /// What applying throws, if anything.
  var trouble: (any Error)?
  /// The session that makes no sense.
  var poison: String?

  deinit {}

  static func run(
    within limit: Duration = .seconds(20), _ body: @escaping (EventStage) async throws -> Void
  ) async throws {
    try await onLoop(within: limit) {
      let stage = try await EventStage()
      do {
        try await body(stage)
      } catch {
        await stage.close()
        throw error
      }
      await stage.close()
    }
  }

  private init() async throws {
    server = try PrivateRedis()
    redis = RedisConnection(url: server.url, timeout: .seconds(2))
    redis.start()
    let schema = "events_test_\(getpid())_\(UInt32.random(in: 0 ... .max))"
    let url = Self.url ?? ""
    let option = (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)"
    databaseURL = url + option
    pool = PostgresPool(url: databaseURL, size: 4, applicationName: "test")
    pool.start()
    let deadline = Deadline.after(.seconds(15))
    while !pool.isReady, !deadline.hasPassed { await Task.yield() }
    let statements = try Self.statements()
    try await pool.transaction { transaction in
      try await transaction.run(Query(unprepared: "CREATE SCHEMA \(schema)"))
      for statement in statements { try await transaction.run(Query(unprepared: statement)) }
    }
  }

  /// The table as a service makes it, the newer columns as its migration adds them.
  private static func statements() throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appending(path: "Services/Messaging/Migrations")
    let added = try String(
      contentsOf: folder.appending(path: "V0007_lease_events.sql"), encoding: .utf8)
    return [
      """
      CREATE TABLE outbox (
        id uuid PRIMARY KEY, topic text NOT NULL, payload bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now())
      """, added,
    ]
  }

  private func close() async {
    for consumer in consumers { await consumer.stop() }
    for outbox in outboxes { await outbox.stop() }
    redis.close()
    pool.close()
    server.remove()
  }

  // MARK: - Parts

  /// A replica of the producer.
  func outbox() -> Outbox {
    let outbox = Outbox(
      pool: pool, redis: redis, answers: RedisSubscription(url: server.url))
    outboxes.append(outbox)
    return outbox
  }

  /// A replica of the consumer, started.
  @discardableResult
  func consumer(holdLimit: Duration = .seconds(5)) -> EventConsumer {
    let consumer = EventConsumer(
      "messaging", url: Secret(server.url), redis: redis, holdLimit: holdLimit)
    consumer.on("session.changed") { [unowned self] events, _ in
      let changes = try events.map { try SessionChanged(bytes: $0.payload) }
      calls += 1
      let isPoisoned = changes.contains { $0.sessionID == poison }
      if isPoisoned, changes.count > 1 { throw RPCError(.internal, "bug", "One makes no sense.") }
      for change in changes { effects[change.sessionID, default: 0] += 1 }
      if let trouble { throw trouble }
      if isPoisoned { throw RPCError(.internal, "bug", "It makes no sense.") }
    }
    consumer.start()
    consumers.append(consumer)
    return consumer
  }

  /// Counts, as a consumer that is called.
  func take(_ payload: [UInt8], _ context: CallContext) async throws {
    let change = try SessionChanged(bytes: payload)
    effects[change.sessionID, default: 0] += 1
    if let trouble { throw trouble }
  }

  // MARK: - Events

  /// An event as its change has committed it, so many seconds ago.
  func write(_ id: String, secondsAgo: Double = 0) async throws -> Event {
    let event = try Event(topic: "session.changed", SessionChanged(sessionID: id, version: 1))
    try await pool.write(
      """
      INSERT INTO outbox (id, topic, payload, created_at)
      VALUES ($1, $2, $3, now() - $4::float8 * interval '1 second')
      """,
      [.uuid(event.id), .string(event.topic), .bytes(event.payload), .double(secondsAgo)])
    return event
  }

  var context: CallContext {
    CallContext(deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds)
  }

  func rows() async throws -> Int {
    try await pool.read("SELECT count(*) AS rows FROM outbox").first?.int("rows") ?? -1
  }

  func wait(_ limit: Duration = .seconds(15), until isDone: () async throws -> Bool) async throws {
    let deadline = Deadline.after(limit)
    var done = try await isDone()
    while !done, !deadline.hasPassed {
      await Task.yield()
      done = try await isDone()
    }
    #expect(done)
  }
}
