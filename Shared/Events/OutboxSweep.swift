import EventLoop
import Observability
import Wire

/// Delivers what handing over at once has missed: each second, and at once when a consumer is back.
///
/// Every replica sweeps. A claimed row is nobody else's for a moment, so that they share the work.
final class OutboxSweep {
  private weak var outbox: Outbox?
  private var running: Task<Int, any Error>?
  private var timer: LoopTimer?
  /// Consumers that failed in the last sweep: they are tried with few rows first.
  private var wasAway: UInt64 = 0
  /// When rows are counted next.
  private var countAt = Deadline(nanoseconds: 0)

  private static let interval = Duration.seconds(1)
  private static let pauseMax = Duration.seconds(30)
  private static let countInterval = Duration.seconds(5)
  private static let attemptLimit = Duration.seconds(5)
  private static let probeRows = 20
  /// Of one sweep; the next one goes on.
  private static let pagesMax = 20

  init(_ outbox: Outbox) { self.outbox = outbox }

  deinit {}

  func start() {
    now()
    schedule()
  }

  func stop() {
    timer?.cancel()
    timer = nil
  }

  /// Delivers what was not tried a moment ago.
  func now() { Task { await run(for: nil) } }

  /// A consumer is back: all that it has not taken goes to it.
  func now(for consumer: String) { Task { await run(for: consumer) } }

  private func schedule(after pause: Duration = interval) {
    timer = EventLoop.shared.schedule(after: pause) { [weak self] in
      guard let self else { return }
      Task {
        let start = EventLoop.shared.clock
        let rows = await self.run(for: nil)
        let spent = Duration.nanoseconds(EventLoop.shared.clock - start)
        // Very many rows that wait for somebody are not looked through all the time.
        let pause = rows > 0 ? Self.interval : min(max(Self.interval, spent * 10), Self.pauseMax)
        if self.timer != nil { self.schedule(after: pause) }
      }
    }
  }

  /// One at a time. Returns how many rows were due.
  @discardableResult
  private func run(for consumer: String?) async -> Int {
    while let running { _ = await running.result }
    guard let outbox else { return 0 }
    let task = Task { try await sweep(outbox, for: consumer) }
    running = task
    defer { running = nil }
    do {
      return try await task.value
    } catch {
      Log.shared.debug("outbox not swept", ["error": .error(error)])
      return 0
    }
  }

  private func sweep(_ outbox: Outbox, for consumer: String?) async throws -> Int {
    let oldest = try await outbox.look()
    if countAt.hasPassed {
      countAt = .after(Self.countInterval)
      outbox.metrics.status = try await outbox.store.status()
    }
    // Under load there is always something, and mostly nothing that is due.
    guard let oldest, consumer != nil || oldest >= DueRule.lease else { return 0 }
    await outbox.store.removeTaken()
    var rules = await rules(outbox, for: consumer)
    var away: UInt64 = 0
    var isProbing = wasAway != 0
    var count = 0
    for _ in 0..<Self.pagesMax where !rules.isEmpty {
      let limit = isProbing ? Self.probeRows : OutboxStore.pageRows
      let rows = try await outbox.store.claim(rules, limit: limit)
      count += rows.count
      away |= await deliver(rows, rules, away, outbox)
      await outbox.store.removeTaken()
      guard rows.count == limit else { break }
      isProbing = false
      rules.removeAll { away & outbox.bit(of: $0.consumer) != 0 }
    }
    wasAway = away
    return count
  }

  /// Returns the consumers that are away.
  private func deliver(
    _ rows: [OutboxStore.Pending], _ rules: [DueRule], _ knownAway: UInt64, _ outbox: Outbox
  ) async -> UInt64 {
    var away = knownAway
    var marks: [(id: String, names: [String])] = []
    let start = outbox.store.serverStart
    for row in rows {
      guard let consumers = outbox.topics[row.event.topic] else { continue }
      let age = row.seconds - DueRule.pause(failures: row.failures)
      var offered: UInt64 = 0
      for rule in rules where rule.topic == row.event.topic && age >= rule.age {
        offered |= outbox.bit(of: rule.consumer)
      }
      let known = consumers.bits(row.taken)
      let context = CallContext(
        deadlineNanoseconds: Deadline.after(Self.attemptLimit).nanoseconds,
        requestID: row.event.id)
      outbox.metrics.redelivered.increment()
      // Who is away is not asked again in this sweep: the others must not wait for it.
      let attempt = await outbox.handOver(
        row.event, to: offered & ~away, of: consumers, taken: known, waitsForAll: true, context)
      away |= attempt.away
      for failure in attempt.failures {
        await outbox.fail(row.event.id, failure.consumer.name, failure.reason)
      }
      let taken = outbox.taken(row.event.id)
      if taken & ~known != 0 { marks.append((row.event.id, consumers.names(taken))) }
    }
    // The next sweep, of whichever replica, asks those no more.
    await outbox.store.mark(marks, start: start)
    return away
  }

  /// From which age on what goes to whom.
  private func rules(_ outbox: Outbox, for consumer: String?) async -> [DueRule] {
    var streamAges: [String: Double?] = [:]
    var rules: [DueRule] = []
    for (topic, consumers) in outbox.topics {
      for each in consumers.all where consumer == nil || consumer == each.name {
        var age: Double? = consumer == nil ? DueRule.lease : 0
        if each.isStream {
          if streamAges[each.name] == nil {
            streamAges[each.name] = await streamAge(each.name, outbox.streams)
          }
          age = streamAges[each.name] ?? nil
        } else if let peer = outbox.peers[each.name], !peer.isReady {
          age = nil
        }
        if let age { rules.append(DueRule(topic: topic, consumer: each.name, age: age)) }
      }
    }
    return rules
  }

  private func streamAge(_ consumer: String, _ streams: EventStreams?) async -> Double? {
    guard let streams, streams.isReady else { return nil }
    do {
      return DueRule.age(try await streams.backlog(of: consumer))
    } catch {
      Log.shared.debug("a stream was not looked at", ["error": .error(error)])
      return nil
    }
  }
}
