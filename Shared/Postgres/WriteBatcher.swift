import EventLoop

/// Makes one statement of many small writes: those that come while one is under way, or shortly
/// after it began, go together with the next.
///
/// What stands around a small write costs PostgreSQL more than the write itself, so under load many
/// share a statement and its commit. One that comes alone goes at once.
///
/// Its code goes to who uses it: where the types are not known, each step looks them up.
public final class WriteBatcher<Element: Sendable, Outcome: Sendable> {
  public typealias Together = ([Element]) async throws(PostgresError) -> [Outcome]
  public typealias Alone = (Element) async throws(PostgresError) -> Outcome
  @usableFromInline typealias Waiter = UnsafeContinuation<Result<Outcome, PostgresError>, Never>

  /// Writes, and for each who waits for it, at the same place.
  @usableFromInline struct Batch {
    @usableFromInline var elements: [Element] = []
    @usableFromInline var waiters: [Waiter] = []

    @inlinable init() {}

    @inlinable mutating func append(_ element: Element, _ waiter: Waiter) {
      elements.append(element)
      waiters.append(waiter)
    }
  }

  @usableFromInline let key: ((Element) -> String)?
  @usableFromInline let together: Together
  @usableFromInline let alone: Alone
  @usableFromInline var waiting = Batch()
  @usableFromInline var isRunning = false
  @usableFromInline var startedAt: UInt64 = 0

  @usableFromInline let batchMax = 64
  /// Between the beginnings of two batches. Measured at 32 clients: half a millisecond gives more
  /// writes a second than two, for the same work.
  @usableFromInline let spacingNanoseconds: UInt64 = 500_000

  /// - Parameters:
  ///   - key: no two elements of the same key are in one batch; nil where all may be.
  ///   - together: writes several, all or none; gives one outcome for each.
  ///   - alone: writes one.
  @inlinable public init(
    key: ((Element) -> String)? = nil, together: @escaping Together, alone: @escaping Alone
  ) {
    self.key = key
    self.together = together
    self.alone = alone
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  @inlinable public func write(_ element: Element) async throws(PostgresError) -> Outcome {
    try await withUnsafeContinuation { waiter in
      waiting.append(element, waiter)
      guard !isRunning else { return }
      isRunning = true
      // It begins when all that comes in this turn is there.
      Task { await run() }
    }.get()
  }

  @inlinable func run() async {
    while !waiting.elements.isEmpty {
      await keepDistance()
      startedAt = EventLoop.shared.now
      await write(takeBatch())
    }
    isRunning = false
  }

  @inlinable func keepDistance() async {
    let due = Deadline(nanoseconds: startedAt &+ spacingNanoseconds)
    guard !due.hasPassed else { return }
    await EventLoop.shared.pause(for: due.remaining)
  }

  /// The oldest elements, one of each key.
  @inlinable func takeBatch() -> Batch {
    var batch = Batch()
    // Mostly all of them go, and none is copied.
    if waiting.elements.count <= batchMax,
      key.map({ Set(waiting.elements.map($0)).count == waiting.elements.count }) ?? true
    {
      swap(&batch, &waiting)
      return batch
    }
    var keys: Set<String> = []
    var left = Batch()
    for (element, waiter) in zip(waiting.elements, waiting.waiters) {
      if batch.elements.count < batchMax, key.map({ keys.insert($0(element)).inserted }) ?? true {
        batch.append(element, waiter)
      } else {
        left.append(element, waiter)
      }
    }
    waiting = left
    return batch
  }

  @inlinable func write(_ batch: Batch) async {
    if batch.elements.count == 1 {
      return batch.waiters[0].resume(returning: await outcome(batch.elements[0]))
    }
    do throws(PostgresError) {
      let outcomes = try await together(batch.elements)
      for index in batch.waiters.indices {
        batch.waiters[index].resume(returning: .success(outcomes[index]))
      }
    } catch {
      // What PostgreSQL refuses is one element's fault: the others must not fail with it.
      let isRefused = error.kind == .invalidParameter || error.kind == .server
      for index in batch.waiters.indices {
        batch.waiters[index].resume(
          returning: isRefused ? await outcome(batch.elements[index]) : .failure(error))
      }
    }
  }

  @inlinable func outcome(_ element: Element) async -> Result<Outcome, PostgresError> {
    do throws(PostgresError) {
      return .success(try await alone(element))
    } catch {
      return .failure(error)
    }
  }
}
