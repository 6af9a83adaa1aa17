import EventLoop

/// Makes one statement of many small writes: those that come while one is under way, or shortly
/// after it began, go together with the next.
///
/// What stands around a small write costs PostgreSQL more than the write itself, so under load many
/// share a statement and its commit. One that comes alone goes at once.
public final class WriteBatcher<Element: Sendable, Outcome: Sendable> {
  public typealias Together = ([Element]) async throws(PostgresError) -> [Outcome]
  public typealias Alone = (Element) async throws(PostgresError) -> Outcome

  private struct Entry {
    let element: Element
    let waiter: UnsafeContinuation<Result<Outcome, PostgresError>, Never>
  }

  private let key: (Element) -> String
  private let together: Together
  private let alone: Alone
  private var waiting: [Entry] = []
  private var isRunning = false
  private var startedAt: UInt64 = 0

  private let batchMax = 64
  /// Between the beginnings of two batches. Measured at 32 clients: half a millisecond gives more
  /// writes a second than two, for the same work.
  private let spacingNanoseconds: UInt64 = 500_000

  /// - Parameters:
  ///   - key: no two elements of the same key are in one batch.
  ///   - together: writes several, all or none; gives one outcome for each.
  ///   - alone: writes one.
  public init(
    key: @escaping (Element) -> String, together: @escaping Together, alone: @escaping Alone
  ) {
    self.key = key
    self.together = together
    self.alone = alone
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  public func write(_ element: Element) async throws(PostgresError) -> Outcome {
    try await withUnsafeContinuation { waiter in
      waiting.append(Entry(element: element, waiter: waiter))
      guard !isRunning else { return }
      isRunning = true
      // It begins when all that comes in this turn is there.
      Task { await run() }
    }.get()
  }

  private func run() async {
    while !waiting.isEmpty {
      await keepDistance()
      startedAt = EventLoop.shared.now
      await write(takeBatch())
    }
    isRunning = false
  }

  private func keepDistance() async {
    let due = Deadline(nanoseconds: startedAt &+ spacingNanoseconds)
    guard !due.hasPassed else { return }
    await EventLoop.shared.pause(for: due.remaining)
  }

  /// The oldest elements, one of each key.
  private func takeBatch() -> [Entry] {
    var keys: Set<String> = []
    var batch: [Entry] = []
    var left: [Entry] = []
    for entry in waiting {
      if batch.count < batchMax, keys.insert(key(entry.element)).inserted {
        batch.append(entry)
      } else {
        left.append(entry)
      }
    }
    waiting = left
    return batch
  }

  private func write(_ batch: [Entry]) async {
    if batch.count == 1 {
      return batch[0].waiter.resume(returning: await outcome(batch[0].element))
    }
    do throws(PostgresError) {
      let outcomes = try await together(batch.map { $0.element })
      // Not zip: its type would be looked up for each element, as this code knows only at run time
      // what it holds.
      for index in batch.indices {
        batch[index].waiter.resume(returning: .success(outcomes[index]))
      }
    } catch {
      // What PostgreSQL refuses is one element's fault: the others must not fail with it.
      let isRefused = error.kind == .invalidParameter || error.kind == .server
      for entry in batch {
        entry.waiter.resume(
          returning: isRefused ? await outcome(entry.element) : .failure(error))
      }
    }
  }

  private func outcome(_ element: Element) async -> Result<Outcome, PostgresError> {
    do throws(PostgresError) {
      return .success(try await alone(element))
    } catch {
      return .failure(error)
    }
  }
}
