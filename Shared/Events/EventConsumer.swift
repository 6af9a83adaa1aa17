import Contracts
import EventLoop
import Observability
import Redis
import Security
import Wire

/// Takes the events that come by a service's stream, and sees to it that each has its effect.
///
/// They are applied many at once. An event may come twice: what is called must apply it once, and
/// record that in the effect's own transaction. All have taken effect when the call returns; then they
/// are acknowledged. Where somebody is away they are tried again until it works. Where they cannot be
/// applied, the call is made again with fewer, until it is known which: such a one is tried a few
/// times, then it is dead: it goes to the stream `focal:events:dead`, and its producer keeps its row.
///
/// The service's replicas share the stream. What one of them held when it died another one gets.
public final class EventConsumer {
  /// Applies events, in the order in which they were published; all of them where it does not throw.
  public typealias Apply = (_ events: [Event], _ context: CallContext) async throws -> Void

  /// An entry that this replica works on.
  private struct Held {
    let entry: StreamEntry
    let producer: String
    let eventCount: Int
    /// Not applied yet.
    var open: [Event]
    var taken: [String] = []
    var failed: [(event: Event, reason: String)] = []
  }

  private let name: String
  private let redis: RedisConnection
  private let stream: StreamConsumer
  private var effects = EventEffects()
  private var running: Task<Void, Never>?
  private var isStopped = false
  private let metrics = ConsumerMetrics.shared

  /// Nobody waits for them.
  private static let gathering = Duration.milliseconds(100)
  private static let applyLimit = Duration.seconds(5)
  /// After so many deliveries an event that cannot be applied is dead.
  static let deliveriesMax = 5
  private static let deadEntriesMax = 10_000
  private static let pauseMin = Duration.milliseconds(100)
  private static let pauseMax = Duration.seconds(1)

  /// - Parameters:
  ///   - name: the service's, as producers know it.
  ///   - url: of the Redis that `redis` is connected to.
  ///   - holdLimit: what a replica holds for longer without a sign of life another one gets.
  public init(
    _ name: String, url: Secret, redis: RedisConnection, holdLimit: Duration = .seconds(5)
  ) {
    self.name = name
    self.redis = redis
    stream = StreamConsumer(
      stream: StreamMessage.stream(of: name), group: name, name: UUIDv7.makeText(), url: url,
      redis: redis, holdLimit: holdLimit)
  }

  deinit {}

  /// Says what a topic's events do; before `start`.
  public func on(_ topic: String, _ apply: @escaping Apply) { effects.add(topic, apply) }

  // MARK: - Life

  public func start() {
    guard running == nil else { return }
    stream.start()
    running = Task { await run() }
  }

  /// Takes no more, and returns when what is under way has ended.
  public func stop() async {
    isStopped = true
    stream.close()
    await running?.value
  }

  private func run() async {
    while !isStopped {
      do {
        let entries = try await stream.next()
        guard !entries.isEmpty else { continue }
        await take(entries)
        // Under load more are taken at once, and asked for less often; but not where more is there.
        guard entries.count < StreamConsumer.batchMax else { continue }
        await EventLoop.shared.pause(for: Self.gathering)
      } catch {
        guard !isStopped else { return }
        Log.shared.debug("events not read", ["error": .error(error)])
        await EventLoop.shared.pause(for: .milliseconds(500))
      }
    }
  }

  // MARK: - Taking

  private func take(_ entries: [StreamEntry]) async {
    var held: [Held] = []
    for entry in entries {
      if let (events, producer) = StreamMessage.read(entry) {
        held.append(
          Held(entry: entry, producer: producer, eventCount: events.count, open: events))
      } else {
        // Nobody would ever understand it.
        await bury(entry, nil, "malformed")
      }
    }
    var pause = Self.pauseMin
    var batch = EventEffects.batchMax
    // Not longer than they are this replica's for sure.
    let end = Deadline.after(stream.holdLimit * 3 / 4)
    while !held.isEmpty, !isStopped {
      held = await attempt(held, atOnce: batch)
      guard !held.isEmpty, !end.hasPassed else { break }
      await EventLoop.shared.pause(for: pause)
      pause = min(pause * 2, Self.pauseMax)
      // It may be that many are too much at once.
      batch = max(batch / 4, 1)
    }
    // Others go on meanwhile: it may be that only these find nobody there.
    await letGo(held)
  }

  /// Applies what is open; returns what has to be tried again.
  private func attempt(_ held: [Held], atOnce batch: Int) async -> [Held] {
    let outcomes = await apply(held, atOnce: batch)
    var left: [Held] = []
    var done: [Held] = []
    var place = 0
    for var one in held {
      let tried = one.open
      one.open = []
      for event in tried {
        switch outcomes[place] {
        case .taken: one.taken.append(event.id)
        case .notNow: one.open.append(event)
        case .failed(let reason): one.failed.append((event, reason))
        }
        place += 1
      }
      if one.open.isEmpty { done.append(one) } else { left.append(one) }
    }
    await finish(done)
    return left
  }

  private func apply(_ held: [Held], atOnce batch: Int) async -> [EventEffects.Outcome] {
    let events = held.flatMap(\.open)
    let deadline = Deadline.after(Self.applyLimit)
    let span = Tracer.shared?.consumption(
      of: events.count, from: StreamMessage.stream(of: name),
      held.flatMap { StreamMessage.traces($0.entry) })
    guard let span else {
      return await effects.apply(events, by: deadline, atOnce: batch)
    }
    let outcomes = await CurrentSpan.$span.withValue(span) {
      await effects.apply(events, by: deadline, atOnce: batch)
    }
    span.end(failed: outcomes.contains { $0 != .taken })
    return outcomes
  }

  // MARK: - Answering

  /// Of entries of which nothing is open.
  private func finish(_ done: [Held]) async {
    var acknowledged: [Held] = []
    for one in done {
      if one.failed.isEmpty {
        acknowledged.append(one)
      } else if one.eventCount == 1 {
        await failed(one, one.failed[0].event, one.failed[0].reason)
      } else if await setApart(one) {
        acknowledged.append(one)
      }
    }
    await acknowledge(acknowledged)
  }

  private func acknowledge(_ done: [Held]) async {
    guard !done.isEmpty else { return }
    var events: [String: [String]] = [:]
    for one in done { events[one.producer, default: []] += one.taken }
    let answers = events.filter { !$0.value.isEmpty }.map { producer, ids in
      (StreamMessage.answers(to: producer), StreamAnswer(consumer: name, eventIDs: ids).bytes)
    }
    metrics.consumed.add(events.values.reduce(0) { $0 + $1.count })
    do {
      try await stream.done(done.map(\.entry.id), publishing: answers)
    } catch {
      // They come again, and change nothing.
      Log.shared.debug("events not acknowledged", ["error": .error(error)])
    }
  }

  /// Gives each event that failed an entry of its own, where its deliveries are counted.
  private func setApart(_ one: Held) async -> Bool {
    do {
      for (event, reason) in one.failed {
        Log.shared.warning(
          "event failed",
          [
            "event": .string(event.id), "topic": .string(event.topic),
            "reason": .string(reason),
          ])
        _ = try await redis.command(
          StreamMessage.add([event], to: name, from: one.producer))
      }
      return true
    } catch {
      Log.shared.debug("failed events were not set apart", ["error": .error(error)])
      return false
    }
  }

  /// They stay with the group and come again. That somebody was away does not count against them.
  private func letGo(_ held: [Held]) async {
    do {
      try await stream.renew(held.map(\.entry.id))
    } catch {
      Log.shared.debug("events not let go", ["error": .error(error)])
    }
  }

  private func failed(_ held: Held, _ event: Event, _ reason: String) async {
    guard held.entry.deliveries >= Self.deliveriesMax else {
      // It stays with the group, and comes again when it was held for too long.
      return Log.shared.warning(
        "event failed",
        [
          "event": .string(event.id), "topic": .string(event.topic),
          "deliveries": .int(held.entry.deliveries), "reason": .string(reason),
        ])
    }
    await bury(held.entry, (event, held.producer), reason)
  }

  /// The producer counts it as dead, and keeps it: Redis is disposable.
  private func bury(
    _ entry: StreamEntry, _ known: (event: Event, producer: String)?, _ reason: String
  ) async {
    let reason = String(reason.prefix(1_000))
    var answers: [(channel: String, payload: [UInt8])] = []
    if let known {
      let answer = StreamAnswer(
        consumer: name, eventIDs: [known.event.id], outcome: .dead(reason))
      answers.append((StreamMessage.answers(to: known.producer), answer.bytes))
    }
    metrics.dead.increment()
    Log.shared.error(
      "event given up",
      ["event": .string(known?.event.id ?? entry.id), "reason": .string(reason)])
    let fields: [RedisArgument] = entry.fields.flatMap { [.string($0.key), .bytes($0.value)] }
    do {
      _ = try await redis.command(
        [
          "XADD", .string(StreamMessage.deadStream), "MAXLEN", "~", .int(Self.deadEntriesMax),
          "*", "consumer", .string(name), "reason", .string(reason),
        ] + fields)
      try await stream.done([entry.id], publishing: answers)
    } catch {
      Log.shared.debug("a dead event was not put away", ["error": .error(error)])
    }
  }
}
