import Contracts
import EventLoop
import Observability
import Redis
import Security
import Wire

/// Takes the events that come by a service's stream, and sees to it that each has its effect.
///
/// An event may come twice: what is called must apply it once, and record that in the effect's own
/// transaction. It has taken effect when the call returns; then it is acknowledged. Where somebody is
/// away it is tried again until it works. One that cannot be applied is tried a few times, then it is dead:
/// it goes to the stream `focal:events:dead`, and its producer keeps its row.
///
/// The service's replicas share the stream. What one of them held when it died another one gets.
public final class EventConsumer {
  private typealias Apply = (_ payload: [UInt8], _ context: CallContext) async throws -> Void

  private enum Outcome {
    case taken
    case failed(String)
    /// Somebody is away.
    case notNow
  }

  /// An entry that waits for its effect.
  private struct Held {
    let entry: StreamEntry
    let event: Event
    let producer: String
  }

  private let name: String
  private let redis: RedisConnection
  private let stream: StreamConsumer
  private var topics: [String: Apply] = [:]
  private var running: Task<Void, Never>?
  private var isStopped = false
  private let metrics = ConsumerMetrics.shared

  /// Nobody waits for them: what comes within this is one batch.
  private static let gathering = Duration.milliseconds(10)
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
  public func on<Change: Message>(
    _ topic: String,
    _ apply: @escaping (_ change: Change, _ context: CallContext) async throws -> EventApplied
  ) {
    topics[topic] = { payload, context in _ = try await apply(Change(bytes: payload), context) }
  }

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
        await pause(Self.gathering)
      } catch {
        guard !isStopped else { return }
        Log.shared.debug("events not read", ["error": .error(error)])
        await pause(.milliseconds(500))
      }
    }
  }

  private func pause(_ duration: Duration) async {
    await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
      _ = EventLoop.shared.schedule(after: duration) { waiter.resume() }
    }
  }

  // MARK: - Taking

  private func take(_ entries: [StreamEntry]) async {
    var held: [Held] = []
    for entry in entries {
      if let (event, producer) = StreamMessage.read(entry) {
        held.append(Held(entry: entry, event: event, producer: producer))
      } else {
        // Nobody would ever understand it.
        await bury(entry, nil, "malformed")
      }
    }
    var pause = Self.pauseMin
    // Not longer than they are this replica's for sure.
    let end = Deadline.after(stream.holdLimit * 3 / 4)
    while !held.isEmpty, !isStopped {
      held = await attempt(held)
      guard !held.isEmpty, !end.hasPassed else { break }
      await self.pause(pause)
      pause = min(pause * 2, Self.pauseMax)
    }
    // Others go on meanwhile: it may be that only these find nobody there.
    await letGo(held)
  }

  /// Applies events, all of a batch at the same time; returns those that have to be tried again.
  private func attempt(_ held: [Held]) async -> [Held] {
    var left: [Held] = []
    var taken: [Held] = []
    let calls = held.map { one in Task { await apply(one) } }
    for (one, call) in zip(held, calls) {
      switch await call.value {
      case .taken: taken.append(one)
      case .notNow: left.append(one)
      case .failed(let reason): await failed(one, reason)
      }
    }
    await acknowledge(taken)
    return left
  }

  private func apply(_ held: Held) async -> Outcome {
    guard let apply = topics[held.event.topic] else {
      // A newer replica may know it.
      return .failed("no topic \(held.event.topic)")
    }
    let context = CallContext(
      deadlineNanoseconds: Deadline.after(Self.applyLimit).nanoseconds,
      requestID: held.event.id)
    do {
      try await apply(held.event.payload, context)
      return .taken
    } catch {
      Log.shared.debug(
        "event not applied",
        [
          "event": .string(held.event.id), "topic": .string(held.event.topic),
          "error": .error(error),
        ])
      return Setback.isTransient(error) ? .notNow : .failed("\(error)")
    }
  }

  // MARK: - Answering

  private func acknowledge(_ taken: [Held]) async {
    guard !taken.isEmpty else { return }
    metrics.consumed.add(taken.count)
    var events: [String: [String]] = [:]
    for held in taken { events[held.producer, default: []].append(held.event.id) }
    let answers = events.map { producer, ids in
      (
        StreamMessage.answers(to: producer),
        StreamAnswer(consumer: name, eventIDs: ids).bytes
      )
    }
    do {
      try await stream.done(taken.map(\.entry.id), publishing: answers)
    } catch {
      // They come again, and change nothing.
      Log.shared.debug("events not acknowledged", ["error": .error(error)])
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

  private func failed(_ held: Held, _ reason: String) async {
    guard held.entry.deliveries >= Self.deliveriesMax else {
      // It stays with the group, and comes again when it was held for too long.
      return Log.shared.warning(
        "event failed",
        [
          "event": .string(held.event.id), "topic": .string(held.event.topic),
          "deliveries": .int(held.entry.deliveries), "reason": .string(reason),
        ])
    }
    await bury(held.entry, held, reason)
  }

  /// The producer counts it as dead, and keeps it: Redis is disposable.
  private func bury(_ entry: StreamEntry, _ held: Held?, _ reason: String) async {
    let reason = String(reason.prefix(1_000))
    var answers: [(channel: String, payload: [UInt8])] = []
    if let held {
      let answer = StreamAnswer(
        consumer: name, eventIDs: [held.event.id], outcome: .dead(reason))
      answers.append((StreamMessage.answers(to: held.producer), answer.bytes))
    }
    metrics.dead.increment()
    Log.shared.error(
      "event given up",
      ["event": .string(held?.event.id ?? entry.id), "reason": .string(reason)])
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
