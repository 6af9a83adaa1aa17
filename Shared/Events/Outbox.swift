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
/// A row is removed once every consumer of its topic has taken the event. That removal and the
/// consumers' effects may commit asynchronously: all commits go to one write-ahead log in order, so
/// a crash that loses an effect loses the removal after it too, and the sweep delivers again.
public final class Outbox {
  /// Calls a consumer with an encoded event; it throws when the consumer did not take it.
  public typealias Delivery = (_ payload: [UInt8], _ context: CallContext) async throws -> Void

  private struct Consumer {
    let name: String
    let topic: String
    let deliver: Delivery
  }

  private let pool: PostgresPool
  private let service: String
  private var consumers: [Consumer] = []
  private var delivered: [String] = []
  private var removal: LoopTimer?
  private var sweeping = false
  private var sweepTimer: LoopTimer?
  private let deliveredCount: Counter
  private let deferredCount: Counter

  /// How long the acknowledged call waits for a consumer before the sweep takes over.
  private static let handOverLimit = Duration.seconds(1)
  private static let sweepInterval = Duration.seconds(1)
  private static let sweepRows = 500
  /// Removals gather this long: one statement for many events.
  private static let removalDelay = Duration.milliseconds(20)
  private static let removalsMax = 500

  private static let remove = Query(
    "DELETE FROM outbox WHERE id = ANY($1::uuid[])")
  private static let pending = Query(
    """
    SELECT id, topic, payload FROM outbox
    WHERE created_at < now() - $1::float8 * interval '1 second' ORDER BY id LIMIT $2::int
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
    consumers.append(Consumer(name: name, topic: topic, deliver: deliver))
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
  public func sweepNow() { Task { await sweep(olderThan: 0) } }

  private func handOver(_ event: Event, _ context: CallContext) async -> Bool {
    for consumer in consumers where consumer.topic == event.topic {
      do {
        try await consumer.deliver(event.payload, context)
      } catch {
        Log.shared.debug(
          "event deferred",
          ["event": .string(event.id), "consumer": .string(consumer.name), "error": .error(error)])
        return false
      }
    }
    deliveredCount.increment()
    forget(event.id)
    return true
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
      while true {
        let rows = try await pool.read(
          Self.pending, [.double(seconds), .int32(Int32(Self.sweepRows))])
        for row in rows {
          let event = Event(row)
          let context = CallContext(
            deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: event.id)
          guard await handOver(event, context) else { return }
        }
        await removeDelivered()
        guard rows.count == Self.sweepRows else { return }
      }
    } catch {
      Log.shared.debug("outbox not swept", ["error": .error(error)])
    }
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
