import CPostgres
import EventLoop
import Observability

/// One connection in libpq's pipeline mode: any number of statements under way, answered in order.
///
/// A connection is used once: when it breaks, `onClosed` is called and its owner makes another.
final class PostgresConnection {
  typealias Outcome = Result<Rows, PostgresError>
  typealias Waiter = UnsafeContinuation<Outcome, Never>

  private enum State { case idle, connecting, ready, closed }
  private enum Kind { case statement, prepare, sync }
  /// A cancelled or timed out statement stays in the queue without a waiter; its answer is dropped.
  private struct Entry {
    var kind: Kind
    var variant: Int
    var sentAt: UInt64
    var deadline: UInt64 = .max
    var waiter: Waiter?
    var isCancelled = false
    var release = Release.nothing
    /// Its answer counts once its Sync is answered too: only then it is committed.
    var awaitsSync = false
  }
  var onReady: () -> Void = {}
  var onClosed: (PostgresError) -> Void = { _ in }
  /// Once for each statement that was to release something, unless the connection closes before.
  var onRelease: (Release) -> Void = { _ in }
  var onNotification: (_ channel: String, _ payload: String) -> Void = { _, _ in }

  let settings: PostgresSettings
  private var state = State.idle
  private var handshake: PostgresHandshake?
  private var handle: OpaquePointer?
  private var source: DescriptorSource?
  private var pending = PendingQueue<Entry>()
  private var preparations = Preparations()
  private var needsSync = false
  private var answer: Outcome?
  /// The answer of the first of `pending`, whose Sync is not answered yet.
  private var held: Outcome?
  private(set) var lastReceivedAt: UInt64 = 0
  private var sweepTimer: LoopTimer?
  private var sweepAt = UInt64.max

  init(_ settings: PostgresSettings) { self.settings = settings }

  var isReady: Bool { state == .ready }
  var pendingCount: Int { pending.count }
  private var now: UInt64 { EventLoop.shared.now }

  // MARK: Connecting

  /// `host` with its addresses, where it is a name.
  func start(host: String = "", addresses: [String] = []) {
    guard state == .idle else { return }
    state = .connecting
    let handshake = PostgresHandshake(settings) { [unowned self] in connected($0) }
    self.handshake = handshake
    handshake.start(host: host, addresses: addresses)
  }

  private func connected(_ outcome: Result<OpaquePointer, PostgresError>) {
    handshake = nil
    switch outcome {
    case .failure(let error): close(error)
    case .success(let handle):
      self.handle = handle
      becomeReady()
    }
  }

  private func becomeReady() {
    guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
      return fail(.unavailable)
    }
    let source = DescriptorSource(PQsocket(handle))
    self.source = source
    source.onReady = { [unowned self] readiness in
      if readiness.contains(.writable) { flush() }
      if !readiness.isDisjoint(with: [.readable, .hangUp, .peerClosed]) { receive() }
    }
    source.onFlush = { [unowned self] in flush() }
    state = .ready
    lastReceivedAt = now
    onReady()
  }

  // MARK: Statements

  /// Sends the statement and waits for its answer, until the deadline or the task's cancellation.
  /// The statement itself is not taken back by either.
  func run(
    _ query: Query, _ parameters: [PostgresValue], _ terms: Terms
  ) async -> Outcome {
    let span = Tracer.shared?.statement(query)
    let number: Int
    do throws(PostgresError) {
      if Task.isCancelled { throw Self.cancelled }
      number = try send(query, parameters, terms)
    } catch {
      if terms.release != .nothing { onRelease(terms.release) }
      span?.answered(.failure(error))
      return .failure(error)
    }
    let outcome: Outcome = await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        // The handler runs before this if the task is cancelled already.
        if pending[number]!.isCancelled {
          waiter.resume(returning: .failure(Self.cancelled))
        } else {
          pending[number]!.waiter = waiter
        }
      }
    } onCancel: {
      MainActor.assumeIsolated { abandon(number) }
    }
    span?.answered(outcome)
    return outcome
  }

  /// Sends the statement; nobody waits for its answer.
  func send(_ query: Query, _ segment: Segment, release: Release = .nothing) {
    do {
      let terms = Terms(segment: segment, sentAt: now, deadline: .max, release: release)
      _ = try send(query, [], terms)
    } catch {
      // The connection is gone, and with it the transaction that this would have begun or ended.
    }
  }

  /// Opens a transaction block; its first statement must follow with `.continued`.
  func begin(_ durability: Durability) {
    if needsSync { sync() }
    send(Self.begin, .shared)
    if durability == .asynchronous { send(Self.asynchronousCommit, .shared) }
  }

  private static let begin = Query("BEGIN")
  private static let asynchronousCommit = Query("SET LOCAL synchronous_commit = off")
  private static let cancelled = PostgresError(.cancelled, "the task was cancelled")

  private func send(
    _ query: Query, _ parameters: [PostgresValue], _ terms: Terms
  ) throws(PostgresError) -> Int {
    guard state == .ready else { throw PostgresError(.unavailable, "not connected") }
    let encoder = ParameterEncoder.shared
    try encoder.encode(parameters)
    defer { encoder.trim() }
    let isSent: Int32
    var variantIndex = -1
    if query.statement.isPrepared {
      let variant = query.statement.variant(for: encoder.typeBuffer)
      variantIndex = variant.index
      try prepare(query.statement, variant)
      if terms.segment == .own, needsSync { sync() }
      isSent = PQsendQueryPrepared(
        handle, variant.name, Int32(encoder.count), encoder.pointers.baseAddress,
        encoder.lengths.baseAddress, encoder.formats.baseAddress, 1)
    } else {
      if terms.segment == .own, needsSync { sync() }
      isSent = PQsendQueryParams(
        handle, query.statement.text, Int32(encoder.count), encoder.types.baseAddress,
        encoder.pointers.baseAddress, encoder.lengths.baseAddress, encoder.formats.baseAddress, 1)
    }
    guard isSent == 1 else { throw refused() }
    let number = pending.append(
      Entry(
        kind: .statement, variant: variantIndex, sentAt: terms.sentAt, deadline: terms.deadline,
        release: terms.release, awaitsSync: terms.segment == .own))
    needsSync = true
    if terms.segment != .shared { sync() }
    guard state == .ready else { throw PostgresError(.connectionLost, "the connection broke") }
    if terms.deadline < sweepAt { scheduleSweep(terms.deadline) }
    source?.setNeedsFlush()
    return number
  }

  /// Prepares between two Syncs, so that no neighbour's error can undo it, nor its error theirs.
  private func prepare(
    _ statement: Statement, _ variant: Statement.Variant
  ) throws(PostgresError) {
    switch preparations[variant.index] {
    case .sent: return
    case .failed, .none: break
    case .stale: try deallocate(variant)
    }
    if needsSync { sync() }
    let isSent = variant.types.withUnsafeBufferPointer {
      PQsendPrepare(handle, variant.name, statement.text, Int32($0.count), $0.baseAddress)
    }
    guard isSent == 1 else { throw refused() }
    _ = pending.append(Entry(kind: .prepare, variant: variant.index, sentAt: now))
    preparations[variant.index] = .sent
    sync()
  }

  /// Forgets a statement whose plan no longer fits its tables.
  private func deallocate(_ variant: Statement.Variant) throws(PostgresError) {
    if needsSync { sync() }
    let isSent = "DEALLOCATE f\(variant.index)".withCString {
      PQsendQueryParams(handle, $0, 0, nil, nil, nil, nil, 0)
    }
    guard isSent == 1 else { throw refused() }
    _ = pending.append(Entry(kind: .statement, variant: -1, sentAt: now))
    sync()
  }

  private func sync() {
    needsSync = false
    if PQpipelineSync(handle) == 1 {
      _ = pending.append(Entry(kind: .sync, variant: -1, sentAt: now))
    } else {
      _ = refused()
    }
  }

  /// libpq did not take a statement. If that is because it has closed its socket, we must follow
  /// at once: the descriptor's number may soon be another's.
  private func refused() -> PostgresError {
    let error = PostgresError(.unavailable, lastMessage)
    if state == .ready, PQstatus(handle) != CONNECTION_OK { fail(.connectionLost) }
    return error
  }

  /// Once a turn: the reads' common Sync, then all bytes in one go.
  private func flush() {
    guard state == .ready else { return }
    if needsSync { sync() }
    guard state == .ready else { return }
    let result = PQflush(handle)
    guard result >= 0, PQstatus(handle) == CONNECTION_OK else { return fail(.connectionLost) }
    source?.watchWritable(result == 1)
  }

  // MARK: Answers

  private func receive() {
    guard state == .ready else { return }
    lastReceivedAt = now
    guard PQconsumeInput(handle) == 1 else { return fail(.connectionLost) }
    while state == .ready, PQisBusy(handle) == 0 {
      let result = PQgetResult(handle)
      // A libpq that lost its connection has forgotten what it sent: it takes the answers that are
      // still in its buffer for others', without rows.
      guard PQstatus(handle) == CONNECTION_OK else {
        PQclear(result)
        return fail(.connectionLost)
      }
      if let result {
        take(result)
      } else if let answer {
        self.answer = nil
        finish(answer)
      } else {
        break
      }
    }
    while state == .ready, let notification = PQnotifies(handle) {
      onNotification(
        String(cString: notification.pointee.relname), String(cString: notification.pointee.extra))
      PQfreemem(notification)
    }
  }

  private func take(_ result: OpaquePointer) {
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK: answer = .success(Rows(result))
    case PGRES_PIPELINE_SYNC:
      PQclear(result)
      let committed = held.flatMap { outcome in pending.popFirst().map { ($0, outcome) } }
      held = nil
      guard pending.popFirst()?.kind == .sync, answer == nil else { return loseStep() }
      if let (entry, outcome) = committed { complete(entry, outcome) }
    case PGRES_PIPELINE_ABORTED:
      PQclear(result)
      answer = .failure(PostgresError(.aborted, "aborted by an earlier error"))
    default:
      answer = .failure(PostgresError(result))
      PQclear(result)
    }
  }

  /// A server that ends in the middle may still send the answer of what it did not commit any more,
  /// and what is deferred to the commit can fail there: that is a second answer before the Sync's.
  private func finish(_ outcome: Outcome) {
    guard let first = pending.first, first.kind != .sync else { return loseStep() }
    if first.awaitsSync {
      held = outcome
    } else {
      _ = pending.popFirst()
      complete(first, outcome)
    }
  }

  private func complete(_ entry: Entry, _ outcome: Outcome) {
    switch (entry.kind, outcome) {
    case (.prepare, .failure(let error)): preparations[entry.variant] = .failed(error)
    case (.statement, .failure(let error)):
      entry.waiter?.resume(returning: .failure(preparations.explain(error, entry.variant)))
    case (.statement, .success): entry.waiter?.resume(returning: outcome)
    default: break
    }
    if entry.release != .nothing { onRelease(entry.release) }
  }

  /// Answers must never reach another's waiter.
  private func loseStep() {
    close(PostgresError(.connectionLost, "answers and statements are out of step"))
  }

  // MARK: Deadlines

  private func abandon(_ number: Int) {
    guard pending[number] != nil else { return }
    pending[number]!.isCancelled = true
    guard let waiter = pending[number]!.waiter else { return }
    pending[number]!.waiter = nil
    waiter.resume(returning: .failure(Self.cancelled))
  }

  private func scheduleSweep(_ deadline: UInt64) {
    sweepTimer?.cancel()
    sweepAt = deadline
    let delay = Duration.nanoseconds(Int64(clamping: deadline > now ? deadline - now : 0))
    sweepTimer = EventLoop.shared.schedule(after: delay) { [weak self] in self?.sweep() }
  }

  /// Ends the statements whose deadline has passed: one timer for them all, set for the earliest.
  private func sweep() {
    sweepTimer = nil
    sweepAt = .max
    var next = UInt64.max
    for number in pending.numbers {
      guard let entry = pending[number], let waiter = entry.waiter else { continue }
      if entry.deadline <= now {
        pending[number]!.waiter = nil
        waiter.resume(returning: .failure(PostgresError(.timedOut, "the deadline passed")))
      } else {
        next = min(next, entry.deadline)
      }
    }
    // The server would have ended each statement by now: whoever is there does not speak.
    let silence = (settings.statementTimeout + .seconds(2)).nanoseconds
    if let sentAt = pending.first?.sentAt, now > max(sentAt, lastReceivedAt) + silence {
      return close(PostgresError(.connectionLost, "the server does not answer"))
    }
    if next < .max {
      scheduleSweep(next)
    } else if !pending.isEmpty {
      scheduleSweep(now + silence)
    }
  }

  // MARK: The end

  private var lastMessage: String {
    guard let handle, let text = PQerrorMessage(handle) else { return "not connected" }
    return PostgresError.firstLine(String(cString: text))
  }

  private func fail(_ kind: PostgresError.Kind) { close(PostgresError(kind, lastMessage)) }

  func close() { close(PostgresError(.unavailable, "closed")) }

  func close(_ error: PostgresError) {
    guard state != .closed else { return }
    state = .closed
    handshake?.cancel()
    handshake = nil
    sweepTimer?.cancel()
    source?.close()
    source = nil
    if let handle { PQfinish(handle) }
    handle = nil
    while let entry = pending.popFirst() {
      entry.waiter?.resume(returning: .failure(error))
    }
    onClosed(error)
  }

  isolated deinit {
    handshake?.cancel()
    source?.close()
    if let handle { PQfinish(handle) }
  }
}
