import Contracts
import EventLoop
import Observability
import Postgres
import RPC
import Redis
import Wire

/// Hands a service's events to their consumers.
///
/// The row is written with the change, so a change that was acknowledged is never forgotten. After
/// the commit the service calls `deliver`: some consumers are called at once, so that the same user's
/// next read sees the effect; others read a stream, and answer when they have taken the event. What
/// is not taken stays in the table, and the sweep delivers it when the consumer is back. A consumer
/// may see an event twice, and must apply it once. Any number of replicas may do all this.
///
/// A row is removed once every consumer of its topic has taken the event. That removal and the
/// consumers' effects may commit asynchronously: all commits go to one write-ahead log in order, so
/// a crash that loses an effect loses the removal after it too, and the sweep delivers again. What
/// was handed over before a crash is never removed after it.
public final class Outbox {
  /// Calls a consumer with an encoded event; it throws when the consumer did not take it.
  public typealias Delivery = (_ payload: [UInt8], _ context: CallContext) async throws -> Void

  /// What came of handing an event over.
  struct Attempt {
    /// Consumers that could not be asked: bits.
    var away: UInt64 = 0
    /// Consumers that could not apply it, and why.
    var failures: [(consumer: Consumer, reason: String)] = []
  }

  let store: OutboxStore
  let streams: EventStreams?
  private(set) var topics: [String: ConsumerSet] = [:]
  /// All consumers' names: the place of each is its bit.
  private var names: [String] = []
  /// The services that consume, to ask whether they can be reached.
  private(set) var peers: [String: RPCClient] = [:]
  private var handovers = Handovers()
  private lazy var sweep = OutboxSweep(self)
  let metrics = OutboxMetrics.shared

  /// How long the acknowledged call waits for a consumer before the sweep takes over. One that is
  /// away is not waited for: it reads nothing either until it has caught up. One that is there, but
  /// slow, may answer reads before the sweep, so that nearly always it gets the time it needs.
  private static let handOverLimit = Duration.seconds(4)
  /// A consumer that has not answered by then is asked once more: perhaps another replica is quicker.
  private static let firstTry = Duration.milliseconds(400)

  /// - Parameters:
  ///   - redis: where streams are; without one there are none.
  ///   - answers: a connection of its own to the same, not started.
  public convenience init(
    pool: PostgresPool, redis: RedisConnection, answers: RedisSubscription
  ) {
    self.init(pool, EventStreams(redis, answers: answers))
  }

  public convenience init(pool: PostgresPool) { self.init(pool, nil) }

  private init(_ pool: PostgresPool, _ streams: EventStreams?) {
    store = OutboxStore(pool)
    self.streams = streams
    streams?.onAnswer = { [weak self] in self?.hear($0) }
  }

  deinit {}

  // MARK: - Consumers

  /// Adds a service that consumes a topic; before `start`. What is pending goes to it whenever it
  /// comes back.
  public func subscribe<Change: Message>(
    _ peer: RPCClient, to topic: String,
    _ apply: @escaping (_ change: Change, _ context: CallContext) async throws -> EventApplied
  ) {
    subscribe(peer.service, to: topic) { payload, context in
      _ = try await apply(Change(bytes: payload), context)
    }
    guard peers.updateValue(peer, forKey: peer.service) == nil else { return }
    let name = peer.service
    peer.onReady = { [weak self] in self?.sweep.now(for: name) }
  }

  /// Adds a consumer that is no other service; before `start`.
  public func subscribe(_ name: String, to topic: String, _ deliver: @escaping Delivery) {
    add(name, .awaited(deliver), topic)
  }

  /// Adds a consumer that nobody waits for; before `start`.
  public func subscribe(
    inBackground name: String, to topic: String, _ deliver: @escaping Delivery
  ) {
    add(name, .background(deliver), topic)
  }

  /// Adds a service that reads the topic from its stream (`EventConsumer`); before `start`.
  public func subscribe(stream name: String, to topic: String) {
    precondition(streams != nil, "streams are in Redis")
    add(name, .stream, topic)
  }

  private func add(_ name: String, _ way: Consumer.Way, _ topic: String) {
    let place = names.firstIndex(of: name) ?? names.count
    if place == names.count { names.append(name) }
    precondition(place < 64, "more consumers than bits")
    topics[topic, default: ConsumerSet()].add(
      Consumer(name: name, way: way, bit: 1 << UInt64(place)))
  }

  func bit(of name: String) -> UInt64 { names.firstIndex(of: name).map { 1 << UInt64($0) } ?? 0 }

  // MARK: - Life

  /// Begins to sweep.
  public func start() {
    streams?.start()
    streams?.onReady = { [weak self] in self?.sweep.now() }
    sweep.start()
  }

  public func stop() async {
    sweep.stop()
    streams?.stop()
    await store.removeTaken()
  }

  // MARK: - Delivering

  /// Hands a committed event to its consumers and waits for those that are awaited, some seconds at
  /// the most. Never fails: what is not taken now, the sweep delivers.
  public func deliver(_ event: Event, _ context: CallContext) async {
    guard let consumers = topics[event.topic] else {
      return store.remove(event.id, start: store.serverStart)
    }
    var context = context
    let limit = Deadline.after(Self.handOverLimit).nanoseconds
    context.deadlineNanoseconds = min(context.deadlineNanoseconds, limit)
    let attempt: Attempt
    if let only = consumers.onlyAwaited {
      attempt = await handOver(event, to: only, context)
    } else {
      attempt = await handOver(
        event, to: consumers.everybody, of: consumers, waitsForAll: false, context)
    }
    if attempt.away != 0 || !attempt.failures.isEmpty { metrics.deferred.increment() }
  }

  /// The same for rows that a statement has written by itself.
  public func deliver(rows ids: [String], _ context: CallContext) async {
    guard !ids.isEmpty else { return }
    do {
      for event in try await store.events(ids) { await deliver(event, context) }
    } catch {
      Log.shared.debug("outbox not read", ["error": .error(error)])
    }
  }

  /// To the only consumer: there is nobody whose taking it would have to be remembered.
  private func handOver(
    _ event: Event, to consumer: Consumer, _ context: CallContext
  ) async -> Attempt {
    var attempt = Attempt()
    let serverStart = store.serverStart
    if await take(event, consumer, context, &attempt) {
      finish(Handovers.Done(id: event.id, serverStart: serverStart))
    }
    return attempt
  }

  /// To those of the topic's consumers whose bits are `offered` and who have not taken it.
  func handOver(
    _ event: Event, to offered: UInt64, of consumers: ConsumerSet, taken: UInt64 = 0,
    waitsForAll: Bool, _ context: CallContext
  ) async -> Attempt {
    let known = handovers.begin(
      event.id, everybody: consumers.everybody, taken: taken, serverStart: store.serverStart)
    let open = offered & ~known
    var attempt = Attempt()
    var called: [(consumer: Consumer, deliver: Delivery)] = []
    for consumer in consumers.all where open & consumer.bit != 0 {
      switch consumer.way {
      case .stream: streams?.publish(event, to: consumer.name, traceParent: context.traceParent)
      case .background where !waitsForAll:
        Task {
          var attempt = Attempt()
          if await take(event, consumer, context, &attempt) { record(event.id, consumer.bit) }
        }
      case .awaited(let deliver), .background(let deliver): called.append((consumer, deliver))
      }
    }
    if called.count == 1 {
      if await take(event, called[0].consumer, context, &attempt) {
        record(event.id, called[0].consumer.bit)
      }
    } else if called.count > 1 {
      // At the same time: one that is slow holds up nobody but the caller.
      let calls = called.map { call in
        Task {
          var attempt = Attempt()
          if await take(event, call.consumer, context, &attempt) {
            record(event.id, call.consumer.bit)
          }
          return attempt
        }
      }
      for call in calls {
        let result = await call.value
        attempt.away |= result.away
        attempt.failures += result.failures
      }
    }
    // All of them had taken it before.
    if open == 0 { record(event.id, 0) }
    return attempt
  }

  /// Whether the consumer has taken the event.
  private func take(
    _ event: Event, _ consumer: Consumer, _ context: CallContext, _ attempt: inout Attempt
  ) async -> Bool {
    do {
      switch consumer.way {
      case .awaited(let deliver), .background(let deliver):
        try await Self.call(deliver, event, context)
      case .stream: return false
      }
      return true
    } catch {
      if Setback.isTransient(error) {
        attempt.away |= consumer.bit
      } else {
        attempt.failures.append((consumer, "\(error)"))
      }
      Log.shared.debug(
        "event deferred",
        [
          "request_id": .string(context.requestID), "event": .string(event.id),
          "consumer": .string(consumer.name), "error": .error(error),
        ])
      return false
    }
  }

  private static func call(
    _ deliver: Delivery, _ event: Event, _ context: CallContext
  ) async throws {
    var first = context
    first.deadlineNanoseconds = Deadline.after(firstTry).nanoseconds
    guard first.deadlineNanoseconds < context.deadlineNanoseconds else {
      return try await deliver(event.payload, context)
    }
    do {
      try await deliver(event.payload, first)
    } catch let error as RPCError where error.code == .deadlineExceeded {
      try await deliver(event.payload, context)
    }
  }

  // MARK: - What was taken

  /// Those who have taken an event, as far as this process knows.
  func taken(_ id: String) -> UInt64 { handovers.taken(id) }

  /// Consumers have taken an event; 0 where only the last one's was awaited.
  private func record(_ id: String, _ bits: UInt64) {
    if let done = handovers.take(id, bits) { finish(done) }
  }

  private func finish(_ done: Handovers.Done) {
    metrics.delivered.increment()
    store.remove(done.id, start: done.serverStart)
  }

  /// What was taken before a crash of the server may be lost.
  func forgetTakers() { handovers.forgetAll() }

  private func hear(_ answer: StreamAnswer) {
    let bit = bit(of: answer.consumer)
    switch answer.outcome {
    case .taken:
      for id in answer.eventIDs { record(id, bit) }
    case .dead(let reason):
      for id in answer.eventIDs {
        Task { await bury(id, answer.consumer, reason) }
      }
    }
  }

  private func bury(_ id: String, _ consumer: String, _ reason: String) async {
    guard await store.fail(id, consumer, reason: reason, limit: 1) else { return }
    metrics.dead(id, consumer, reason, isEcho: true)
  }
}
