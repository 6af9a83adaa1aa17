import EventLoop
import Observability
import Postgres
import Wire

/// Hands a service's events to their consumers.
///
/// The row is written with the change, so a change that was acknowledged is never forgotten. After
/// the commit the service calls `deliver`, so that the same user's next read sees the effect; what
/// that could not deliver stays in the table, and the sweep delivers it when the consumer is back.
/// A consumer may see an event twice, and must apply it once.
///
/// A consumer that is away holds up nobody but itself: the others get their events, now and in each
/// sweep. A row is removed once every consumer of its topic has taken the event. That removal and the
/// consumers' effects may commit asynchronously: all commits go to one write-ahead log in order, so
/// a crash that loses an effect loses the removal after it too, and the sweep delivers again.
public final class Outbox {
  /// Calls a consumer with an encoded event; it throws when the consumer did not take it.
  public typealias Delivery = (_ payload: [UInt8], _ context: CallContext) async throws -> Void

  private final class Consumer {
    let name: String
    let deliver: Delivery
    /// Until when (monotonic nanoseconds) calls do not wait for it: it let the last one hang.
    var awayUntil: UInt64 = 0

    init(name: String, deliver: @escaping Delivery) {
      self.name = name
      self.deliver = deliver
    }
  }

  private enum Outcome { case taken, refused, away }

  private let pool: PostgresPool
  private let service: String
  private var consumers: [String: [Consumer]] = [:]
  private var delivered: [String] = []
  /// Of events that some consumers have taken and others not: who has. Forgetting costs a second
  /// delivery, which changes nothing.
  private var takenBy: [String: Set<ObjectIdentifier>] = [:]
  private var removal: LoopTimer?
  private var sweeping = false
  private var sweepTimer: LoopTimer?
  private let deliveredCount: Counter
  private let deferredCount: Counter

  /// How long the acknowledged call waits for a consumer before the sweep takes over.
  private static let handOverLimit = Duration.seconds(1)
  private static let sweepInterval = Duration.seconds(1)
  private static let sweepRows = 500
  /// What a sweep looks at; more waits for the next one.
  private static let sweepPagesMax = 40
  private static let sweepCallLimit = Duration.seconds(2)
  private static let awayTime = Duration.seconds(1)
  private static let takenByMax = 20_000
  /// Removals gather this long: one statement for many events.
  private static let removalDelay = Duration.milliseconds(20)
  private static let removalsMax = 500

  /// Below every id.
  private static let firstID = "00000000-0000-0000-0000-000000000000"

  private static let remove = Query(
    "DELETE FROM outbox WHERE id = ANY($1::uuid[])")
  private static let pending = Query(
    """
    SELECT id, topic, payload FROM outbox
    WHERE created_at < now() - $1::float8 * interval '1 second' AND id > $3::uuid
    ORDER BY id LIMIT $2::int
    """)
  private static let written = Query(
    "SELECT id, topic, payload FROM outbox WHERE id = ANY($1::uuid[]) ORDER BY created_at, id")

  public init(pool: PostgresPool, service: String) {
    self.pool = pool
    self.service = service
    deliveredCount = Metrics.shared.counter(
      "events_delivered_total", "Events that all consumers have taken.")
    deferredCount = Metrics.shared.counter(
      "events_deferred_total", "Events left to the sweep because a consumer was away.")
  }

  /// Adds a consumer of a topic; before `start`.
  public func subscribe(_ name: String, to topic: String, _ deliver: @escaping Delivery) {
    consumers[topic, default: []].append(Consumer(name: name, deliver: deliver))
  }

  /// Begins to sweep.
  public func start() { scheduleSweep() }

  public func stop() async {
    sweepTimer?.cancel()
    sweepTimer = nil
    await removeDelivered()
  }

  /// Hands a committed event to its consumers and waits for them, a second at the most. Never
  /// fails: what is not taken now, the sweep delivers.
  public func deliver(_ event: Event, _ context: CallContext) async {
    var context = context
    let limit = Deadline.after(Self.handOverLimit).nanoseconds
    context.deadlineNanoseconds = min(context.deadlineNanoseconds, limit)
    if await handOver(event, context) { return }
    deferredCount.increment()
  }

  /// The same for rows that a statement has written by itself; what is not taken stops the rest.
  public func deliver(rows ids: [String], _ context: CallContext) async {
    var context = context
    let limit = Deadline.after(Self.handOverLimit).nanoseconds
    context.deadlineNanoseconds = min(context.deadlineNanoseconds, limit)
    do {
      for row in try await pool.read(Self.written, [.uuids(ids)]) {
        guard await handOver(Event(row), context) else { return deferredCount.increment() }
      }
    } catch {
      Log.shared.debug("outbox not read", ["error": .error(error)])
    }
  }

  /// Delivers what is pending, at once: a consumer has come back.
  public func sweepNow() {
    for consumer in consumers.values.joined() { consumer.awayUntil = 0 }
    Task { await sweep(olderThan: 0) }
  }

  /// Hands an event to all consumers of its topic, at the same time; whether all have it.
  private func handOver(_ event: Event, _ context: CallContext) async -> Bool {
    let interested = consumers[event.topic] ?? []
    let now = EventLoop.shared.now
    if interested.count == 1 {
      guard now >= interested[0].awayUntil,
        await deliver(event, to: interested[0], context) == .taken
      else { return false }
      finish(event)
      return true
    }
    var taken: Set<ObjectIdentifier> = []
    let calls = interested.filter { now >= $0.awayUntil }.map { consumer in
      (consumer, Task { await deliver(event, to: consumer, context) })
    }
    for (consumer, call) in calls where await call.value == .taken {
      taken.insert(ObjectIdentifier(consumer))
    }
    return settle(event, taken: taken, by: interested)
  }

  private func deliver(
    _ event: Event, to consumer: Consumer, _ context: CallContext
  ) async -> Outcome {
    do {
      try await consumer.deliver(event.payload, context)
      return .taken
    } catch {
      Log.shared.debug(
        "event deferred",
        ["event": .string(event.id), "consumer": .string(consumer.name), "error": .error(error)])
      switch (error as? RPCError)?.code {
      case .deadlineExceeded:
        consumer.awayUntil = Deadline.after(Self.awayTime).nanoseconds
        return .away
      case .unavailable, .cancelled: return .away
      default: return .refused
      }
    }
  }

  /// Forgets an event that all have taken; of others it remembers who has.
  private func settle(
    _ event: Event, taken: Set<ObjectIdentifier>, by interested: [Consumer]
  ) -> Bool {
    let all = taken.union(takenBy[event.id] ?? [])
    guard interested.allSatisfy({ all.contains(ObjectIdentifier($0)) }) else {
      if takenBy.count < Self.takenByMax || takenBy[event.id] != nil { takenBy[event.id] = all }
      return false
    }
    takenBy[event.id] = nil
    finish(event)
    return true
  }

  private func finish(_ event: Event) {
    deliveredCount.increment()
    forget(event.id)
  }

  private func scheduleSweep() {
    sweepTimer = EventLoop.shared.schedule(after: Self.sweepInterval) { [weak self] in
      guard let self else { return }
      Task {
        // Younger ones are being delivered by the calls that made them.
        await self.sweep(olderThan: 1)
        if self.sweepTimer != nil { self.scheduleSweep() }
      }
    }
  }

  private func sweep(olderThan seconds: Double) async {
    guard !sweeping else { return }
    sweeping = true
    defer { sweeping = false }
    do {
      await removeDelivered()
      var away: Set<ObjectIdentifier> = []
      var last = Self.firstID
      for _ in 0..<Self.sweepPagesMax {
        let rows = try await pool.read(
          Self.pending, [.double(seconds), .int32(Int32(Self.sweepRows)), .uuid(last)])
        for row in rows {
          let event = Event(row)
          last = event.id
          await sweep(event, &away)
        }
        await removeDelivered()
        guard rows.count == Self.sweepRows else { return }
      }
    } catch {
      Log.shared.debug("outbox not swept", ["error": .error(error)])
    }
  }

  /// Hands an event to those who have not taken it yet and are there.
  private func sweep(_ event: Event, _ away: inout Set<ObjectIdentifier>) async {
    let interested = consumers[event.topic] ?? []
    let before = takenBy[event.id] ?? []
    var taken: Set<ObjectIdentifier> = []
    for consumer in interested {
      let id = ObjectIdentifier(consumer)
      guard !before.contains(id), !away.contains(id) else { continue }
      let context = CallContext(
        deadlineNanoseconds: Deadline.after(Self.sweepCallLimit).nanoseconds,
        requestID: event.id)
      switch await deliver(event, to: consumer, context) {
      case .taken: taken.insert(id)
      case .away: away.insert(id)
      case .refused: break
      }
    }
    _ = settle(event, taken: taken, by: interested)
  }

  private func forget(_ id: String) {
    delivered.append(id)
    if delivered.count >= Self.removalsMax {
      Task { await removeDelivered() }
    } else if removal == nil {
      removal = EventLoop.shared.schedule(after: Self.removalDelay) { [weak self] in
        guard let self else { return }
        self.removal = nil
        Task { await self.removeDelivered() }
      }
    }
  }

  private func removeDelivered() async {
    guard !delivered.isEmpty else { return }
    let ids = delivered
    delivered.removeAll(keepingCapacity: true)
    do {
      _ = try await pool.write(Self.remove, [.uuids(ids)], durability: .asynchronous)
    } catch {
      // They stay in the table and are delivered again, which changes nothing.
      Log.shared.debug("outbox rows not removed", ["error": .error(error)])
    }
  }
}

extension Event {
  fileprivate init(_ row: Row) {
    self.init(id: row.uuid("id"), topic: row.string("topic"), payload: row.bytes("payload"))
  }
}
