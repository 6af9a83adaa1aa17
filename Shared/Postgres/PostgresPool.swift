import EventLoop
import Network
import Wire

/// A service's connections to its database.
///
/// Every operation ends: with its answer, with an error, at its deadline (10 s by default) or with
/// its task's cancellation. While the server is away, operations fail with an error that
/// `isUnavailable`: those under way at once, new ones after at most 1 s; reconnecting is automatic.
public final class PostgresPool {
  public static let defaultTimeout = Duration.seconds(10)

  private typealias Waiter = UnsafeContinuation<Result<PoolState.Grant, PostgresError>, Never>

  /// Called each time the pool becomes able to answer.
  public var onReady: (() -> Void)?
  /// Called for each established connection that breaks: the server may have crashed, and with it
  /// may have lost the last asynchronous commits.
  public var onLost: (() -> Void)?
  public let settings: PostgresSettings
  private var state: PoolState
  private var connections: [PostgresConnection?]
  private var waiters: [Int: Waiter] = [:]
  private var expiryTimer: LoopTimer?
  private var expiryAt = UInt64.max
  private var reopenTimers: [Int: LoopTimer] = [:]
  private var lastError: PostgresError?
  /// One more connection, whose session commits without waiting for the disk.
  private var asynchronous: PostgresPool?
  private let defaultTimeout = PostgresPool.defaultTimeout.nanoseconds
  private let metrics = PostgresMetrics.shared

  /// `size` connections at most, and one more once there is an asynchronous write.
  public init(settings: PostgresSettings, size: Int) {
    self.settings = settings
    state = PoolState(size: size, seed: .random(in: 0 ... .max))
    connections = Array(repeating: nil, count: size)
    metrics.add(self)
  }

  public convenience init(url: Secret, size: Int, applicationName: String) {
    self.init(settings: .init(url: url, applicationName: applicationName), size: size)
  }

  public convenience init(url: String, size: Int, applicationName: String) {
    self.init(url: Secret(url), size: size, applicationName: applicationName)
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  /// Opens the first connection; the others follow with the load.
  public func start() {
    state.start()
    perform()
  }

  /// Ends all that is under way and waits, with an error.
  public func close() {
    state.close()
    perform()
    expiryTimer?.cancel()
    for timer in reopenTimers.values { timer.cancel() }
    reopenTimers.removeAll()
    for slot in connections.indices {
      connections[slot]?.close()
      connections[slot] = nil
    }
    asynchronous?.close()
  }

  /// True if at least one connection can take a statement.
  public var isReady: Bool { state.isReady }
  public var openConnections: Int { state.openCount + (asynchronous?.openConnections ?? 0) }
  var inFlight: Int { state.inFlight + (asynchronous?.inFlight ?? 0) }
  var waiting: Int { state.waitingCount + (asynchronous?.waiting ?? 0) }

  /// Asks the server for an answer: returns within 1 s, or throws.
  public func check() async throws(PostgresError) {
    _ = try await read(Self.ping, deadline: .after(.seconds(1)))
  }

  private static let ping = Query("SELECT 1")

  // MARK: Operations

  /// A statement that changes nothing. It shares its implicit transaction with other reads of the
  /// same turn, and is sent again where one of those fails: never pass a statement that writes.
  public func read(
    _ query: Query, _ parameters: [PostgresValue] = [], deadline: Deadline? = nil
  ) async throws(PostgresError) -> Rows {
    try await run(query, parameters, .read, deadline)
  }

  /// One statement, committed by itself. Where the connection breaks with it under way (error kind
  /// `connectionLost`), or its deadline passes, it may have been committed.
  @discardableResult
  public func write(
    _ query: Query, _ parameters: [PostgresValue] = [], durability: Durability = .synchronous,
    deadline: Deadline? = nil
  ) async throws(PostgresError) -> Rows {
    let pool = durability == .synchronous ? self : asynchronousPool()
    return try await pool.run(query, parameters, .write, deadline)
  }

  /// Runs `body` in a transaction on a connection of its own: committed when it returns, rolled
  /// back when it throws or its task is cancelled. Keep it short: it holds the connection.
  public func transaction<Value>(
    durability: Durability = .synchronous, deadline: Deadline? = nil,
    _ body: (Transaction) async throws -> Value
  ) async throws -> Value {
    let now = EventLoop.shared.now
    let limit = deadline?.nanoseconds ?? now &+ defaultTimeout
    let grant: PoolState.Grant
    switch request(.exclusive, now, limit) {
    case .granted(let immediate): grant = immediate
    case .waiting(let token): grant = try await wait(token, limit).get()
    case .refused(let refusal): throw error(refusal)
    }
    let transaction = Transaction(
      try connection(grant, .exclusive), durability, deadline: limit)
    defer { transaction.end() }
    let value = try await body(transaction)
    try await transaction.commit()
    return value
  }

  private func run(
    _ query: Query, _ parameters: [PostgresValue], _ purpose: PoolState.Purpose,
    _ deadline: Deadline?
  ) async throws(PostgresError) -> Rows {
    let startedAt = EventLoop.shared.now
    var terms = PostgresConnection.Terms(
      segment: purpose == .read ? .shared : .own, sentAt: startedAt,
      deadline: deadline?.nanoseconds ?? startedAt &+ defaultTimeout, release: .shared)
    var attempt = 0
    while true {
      let grant: PoolState.Grant
      switch request(purpose, terms.sentAt, terms.deadline) {
      case .granted(let immediate): grant = immediate
      case .waiting(let token): grant = try await wait(token, terms.deadline).get()
      case .refused(let refusal): throw error(refusal)
      }
      let outcome = try await connection(grant, .shared).run(query, parameters, terms)
      switch outcome {
      case .success(let rows):
        metrics.succeeded(purpose, nanoseconds: EventLoop.shared.now &- startedAt)
        return rows
      case .failure(let error) where error.ranNothing && attempt < 3:
        attempt += 1
        // A read that a neighbour spoilt goes by itself the next time.
        terms.segment = .own
        terms.sentAt = EventLoop.shared.now
        metrics.retries.increment()
      case .failure(let error):
        metrics.failed(error)
        throw error
      }
    }
  }

  private func asynchronousPool() -> PostgresPool {
    if let asynchronous { return asynchronous }
    var settings = settings
    settings.durability = .asynchronous
    let pool = PostgresPool(settings: settings, size: 1)
    asynchronous = pool
    pool.start()
    return pool
  }

  // MARK: Leases

  private func request(
    _ purpose: PoolState.Purpose, _ now: UInt64, _ deadline: UInt64
  ) -> PoolState.Placement {
    let placement = state.request(purpose, now: now, deadline: deadline)
    if !state.actions.isEmpty { perform() }
    return placement
  }

  /// The grant's connection; where that broke since, the grant is void.
  private func connection(
    _ grant: PoolState.Grant, _ purpose: PostgresConnection.Release
  ) throws(PostgresError) -> PostgresConnection {
    if let connection = connections[grant.slot], connection.isReady { return connection }
    release(grant, purpose, now: EventLoop.shared.now)
    throw error(.unavailable)
  }

  private func wait(
    _ token: Int, _ deadline: UInt64
  ) async -> Result<PoolState.Grant, PostgresError> {
    let cancelled = PostgresError(.cancelled, "the task was cancelled")
    if Task.isCancelled {
      state.cancel(token: token)
      return .failure(cancelled)
    }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        waiters[token] = waiter
        // Perhaps too early, if there are connections: then the timer is set anew.
        scheduleExpiry(at: min(deadline, Deadline.after(.seconds(1)).nanoseconds))
        perform()
      }
    } onCancel: {
      MainActor.assumeIsolated {
        guard let waiter = waiters.removeValue(forKey: token) else { return }
        state.cancel(token: token)
        waiter.resume(returning: .failure(cancelled))
      }
    }
  }

  private func error(_ refusal: PoolState.Refusal) -> PostgresError {
    switch refusal {
    case .timedOut: PostgresError(.timedOut, "no connection was free before the deadline")
    case .overloaded: PostgresError(.overloaded, "too many operations wait for a connection")
    case .unavailable:
      PostgresError(.unavailable, lastError?.message ?? "the database cannot be reached")
    }
  }

  private func scheduleExpiry(at next: UInt64?) {
    guard let next, next < expiryAt else { return }
    expiryTimer?.cancel()
    expiryAt = next
    let delay = Deadline(nanoseconds: next).remaining
    expiryTimer = EventLoop.shared.schedule(after: delay) { [weak self] in
      guard let self else { return }
      expiryAt = .max
      state.expire(now: EventLoop.shared.now)
      perform()
      scheduleExpiry(at: state.nextExpiry)
    }
  }

  // MARK: Actions

  private func perform() {
    while !state.actions.isEmpty {
      for action in state.takeActions() {
        switch action {
        case .open(let slot): open(slot)
        case .reopen(let slot, let delay):
          reopenTimers[slot] = EventLoop.shared.schedule(after: delay) { [weak self] in
            self?.state.reopenDue(slot)
            self?.perform()
          }
        case .grant(let token, let grant):
          waiters.removeValue(forKey: token)?.resume(returning: .success(grant))
        case .refuse(let token, let refusal):
          waiters.removeValue(forKey: token)?.resume(returning: .failure(error(refusal)))
        }
      }
    }
  }

  private func open(_ slot: Int) {
    let connection = PostgresConnection(settings)
    connections[slot] = connection
    let grant = PoolState.Grant(slot: slot, generation: state.generation(of: slot))
    // Connections end with their pool: no reference needs to be counted for each statement.
    connection.onRelease = { [unowned self, unowned connection] in
      release(grant, $0, now: connection.lastReceivedAt)
    }
    connection.onReady = { [weak self] in self?.connected(slot) }
    connection.onClosed = { [weak self] in self?.lost(slot, $0) }
    connection.resolveAndStart()
  }

  private func release(
    _ grant: PoolState.Grant, _ release: PostgresConnection.Release, now: UInt64
  ) {
    if release == .exclusive {
      state.released(grant, now: now)
    } else {
      state.finished(grant, now: now)
    }
    if !state.actions.isEmpty { perform() }
  }

  private func connected(_ slot: Int) {
    let wasReady = state.isReady
    lastError = nil
    metrics.connects.increment()
    state.connected(slot, now: EventLoop.shared.now)
    perform()
    if !wasReady { onReady?() }
  }

  private func lost(_ slot: Int, _ error: PostgresError) {
    lastError = error
    let wasEstablished = connections[slot]?.lastReceivedAt ?? 0 > 0
    connections[slot] = nil
    if wasEstablished { onLost?() }
    metrics.disconnects.increment()
    state.lost(slot, now: EventLoop.shared.now)
    perform()
    // Waiting may have become shorter: with no connection left it ends after the connect budget.
    scheduleExpiry(at: state.nextExpiry)
  }
}
