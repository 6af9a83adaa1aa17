import Contracts
import EventLoop
import Observability
import Postgres
import RPC
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
/// a crash that loses an effect loses the removal after it too, and the sweep delivers again. What
/// was handed over before a crash is never removed after it.
public final class Outbox {
  /// Calls a consumer with an encoded event; it throws when the consumer did not take it.
  public typealias Delivery = (_ payload: [UInt8], _ context: CallContext) async throws -> Void

  private struct Consumer: Sendable {
    let name: String
    let deliver: Delivery
  }

  private let store: OutboxStore
  private var consumers: [String: [Consumer]] = [:]
  /// The services that consume, to ask whether they can be reached.
  private var peers: [String: RPCClient] = [:]
  /// Of events that some consumer has not taken: who has. Forgetting it costs a second delivery.
  private var takers: [String: Set<String>] = [:]
  private var sweeping: Task<Set<String>, any Error>?
  private var sweepTimer: LoopTimer?
  private let deliveredCount: Counter
  private let deferredCount: Counter

  /// How long the acknowledged call waits for a consumer before the sweep takes over. One that is
  /// away is not waited for: it reads nothing either until it has caught up. One that is there, but
  /// slow, may answer reads before the sweep, so that nearly always it gets the time it needs.
  private static let handOverLimit = Duration.seconds(4)
  /// A consumer that has not answered by then is asked once more: perhaps another replica is quicker.
  private static let firstTry = Duration.milliseconds(400)
  private static let sweepInterval = Duration.seconds(1)
  private static let takersMax = 10_000

  public init(pool: PostgresPool) {
    store = OutboxStore(pool)
    deliveredCount = Metrics.shared.counter(
      "events_delivered_total", "Events that all consumers have taken.")
    deferredCount = Metrics.shared.counter(
      "events_deferred_total", "Events left to the sweep because a consumer was away.")
  }

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
    peer.onReady = { [weak self] in self?.sweepNow() }
  }

  /// Adds a consumer that is no other service; before `start`.
  public func subscribe(_ name: String, to topic: String, _ deliver: @escaping Delivery) {
    consumers[topic, default: []].append(Consumer(name: name, deliver: deliver))
  }

  /// Begins to sweep.
  public func start() {
    sweepNow()
    scheduleSweep()
  }

  public func stop() async {
    sweepTimer?.cancel()
    sweepTimer = nil
    await store.removeTaken()
  }

  /// Hands a committed event to its consumers and waits for them, some seconds at the most. Never
  /// fails: what is not taken now, the sweep delivers.
  public func deliver(_ event: Event, _ context: CallContext) async {
    var context = context
    let limit = Deadline.after(Self.handOverLimit).nanoseconds
    context.deadlineNanoseconds = min(context.deadlineNanoseconds, limit)
    if await handOver(event, context).isEmpty { return }
    deferredCount.increment()
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

  // MARK: - Handing over

  /// Returns the consumers that did not take the event.
  private func handOver(
    _ event: Event, _ context: CallContext, except away: Set<String> = []
  ) async -> Set<String> {
    let serverStart = store.serverStart
    let all = consumers[event.topic] ?? []
    // Mostly there is one.
    if all.count == 1, !away.contains(all[0].name), await take(event, all[0], context) {
      finish(event, serverStart)
      return []
    }
    var taken = takers[event.id] ?? []
    if all.count > 1 {
      // At the same time: one that is slow holds up nobody but the caller.
      let calls = all.filter { !taken.contains($0.name) && !away.contains($0.name) }.map { asked in
        (asked.name, Task { await take(event, asked, context) })
      }
      for (name, call) in calls where await call.value { taken.insert(name) }
    }
    let left = Set(all.map(\.name)).subtracting(taken)
    if left.isEmpty {
      finish(event, serverStart)
    } else if !taken.isEmpty {
      if takers.count >= Self.takersMax { takers.removeAll() }
      takers[event.id] = taken
    }
    return left
  }

  private func finish(_ event: Event, _ serverStart: String?) {
    if !takers.isEmpty { takers[event.id] = nil }
    deliveredCount.increment()
    store.remove(event.id, start: serverStart)
  }

  private func take(
    _ event: Event, _ consumer: Consumer, _ context: CallContext
  ) async -> Bool {
    do {
      try await deliver(event, to: consumer, context)
      return true
    } catch {
      Log.shared.debug(
        "event deferred",
        [
          "request_id": .string(context.requestID), "event": .string(event.id),
          "consumer": .string(consumer.name), "error": .error(error),
        ])
      return false
    }
  }

  private func deliver(
    _ event: Event, to consumer: Consumer, _ context: CallContext
  ) async throws {
    var first = context
    first.deadlineNanoseconds = Deadline.after(Self.firstTry).nanoseconds
    guard first.deadlineNanoseconds < context.deadlineNanoseconds else {
      return try await consumer.deliver(event.payload, context)
    }
    do {
      try await consumer.deliver(event.payload, first)
    } catch let error as RPCError where error.code == .deadlineExceeded {
      try await consumer.deliver(event.payload, context)
    }
  }

  // MARK: - Sweeping

  private func sweepNow() { Task { _ = try? await sweep(olderThan: .zero) } }

  private func scheduleSweep() {
    sweepTimer = EventLoop.shared.schedule(after: Self.sweepInterval) { [weak self] in
      guard let self else { return }
      Task {
        // Younger ones are being delivered by the calls that made them.
        _ = try? await self.sweep(olderThan: .seconds(1))
        if self.sweepTimer != nil { self.scheduleSweep() }
      }
    }
  }

  /// Delivers what is pending; returns the consumers that have not taken all of it. One sweep runs
  /// at a time.
  private func sweep(olderThan age: Duration) async throws -> Set<String> {
    while let sweeping { _ = await sweeping.result }
    let task = Task { try await deliverRows(olderThan: age) }
    sweeping = task
    defer { sweeping = nil }
    do {
      return try await task.value
    } catch {
      Log.shared.debug("outbox not swept", ["error": .error(error)])
      throw error
    }
  }

  private func deliverRows(olderThan age: Duration) async throws -> Set<String> {
    var away: Set<String> = []
    var last: String?
    // What was taken before a crash may be lost.
    if try await store.refreshServerStart() { takers.removeAll() }
    await store.removeTaken()
    while true {
      let events = try await store.pending(olderThan: age, after: last)
      for event in events {
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: event.id)
        // Who fails once is not asked again in this sweep: the others must not wait for it.
        away.formUnion(await handOver(event, context, except: away))
      }
      await store.removeTaken()
      guard events.count == OutboxStore.pageRows else { return away }
      last = events.last?.id
    }
  }
}

extension Outbox: OutboxService {
  /// Offers the outbox to its consumers, beside the service's own methods.
  public var dispatcher: any Dispatcher { OutboxDispatcher(self) }

  public func deliverPending(
    _ request: DeliverPendingRequest, _ context: CallContext
  ) async throws -> Empty {
    let deadline = Deadline(nanoseconds: context.deadlineNanoseconds)
    // Connected first: then whatever is committed from now on is handed over at once.
    try await peers[request.consumer]?.check(deadline: deadline)
    guard try await !sweep(olderThan: .zero).contains(request.consumer) else {
      throw RPCError(.unavailable, "pending", "Not all events were taken.")
    }
    return Empty()
  }
}
