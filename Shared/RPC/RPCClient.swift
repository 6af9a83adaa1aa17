import EventLoop
import Network
import Observability
import Wire

/// Calls a service at all of its addresses (`protos/WIRE.md`): one connection to each, kept up by
/// itself; every call goes to the less loaded of two.
///
/// Every call ends by its deadline. Without a usable connection it waits a moment (`connectPatience`,
/// or `reconnectPatience` where the service is known to be away), then it is `unavailable`.
public final class RPCClient: Transport {
  public let service: String
  /// Called each time a connection became usable: what waited for the service can go now.
  public var onReady: (() -> Void)?

  private let addresses: [Address]
  private let tls: TLSContext?
  private let limits: RPCLimits
  private let metrics: ClientMetrics
  private let makeHandshake: () -> ClientHandshake
  private var endpoints: [SocketAddress: Endpoint] = [:]
  /// The endpoints with a usable connection.
  private var usable: [Endpoint] = []
  private var balancer = LoadBalancer(seed: .random(in: .min ... .max))
  private var budget = RetryBudget()
  private var waiting = WaitQueue()
  /// Names to addresses; tests have their own.
  var lookUp: (Address) async throws -> [SocketAddress] = Resolver.resolve
  private var resolveTask: Task<Void, Never>?
  private var resolveTimer: LoopTimer?
  private var resolvedAt: UInt64 = 0
  /// A server said goodbye and its successor is looked up: until that is known, calls wait.
  private var seeksSuccessor = false
  private var isStarted = false
  private var isClosed = false

  /// - Parameters:
  ///   - service: the name of the table in `WIRE.md`.
  ///   - addresses: each may resolve to several; all are used, and looked up again now and then.
  ///   - secret: `RPC_SECRET`; may be empty only where TLS proves the peers.
  ///   - instance: this process, for the server's log.
  ///   - tls: of the role client, with a certificate: mutual TLS. The server's certificate must name
  ///     the service (a DNS name: `auth`).
  public init(
    service: String, addresses: [Address], secret: Secret, instance: String = "",
    tls: TLSContext? = nil, limits: RPCLimits = RPCLimits(), metrics: Metrics = .shared
  ) {
    precondition(!secret.isEmpty || tls != nil, "nothing would prove who answers")
    self.service = service
    self.addresses = addresses
    self.tls = tls
    self.limits = limits
    self.metrics = ClientMetrics(service: service, in: metrics)
    let key = Array(secret.reveal().utf8)
    makeHandshake = {
      ClientHandshake(service: service, instance: instance, secret: key, nonce: makeNonce())
    }
  }

  /// Begins to connect, and does so until `close()`.
  public func start() {
    guard !isStarted else { return }
    isStarted = true
    resolve()
  }

  /// Ends all calls in flight as `unavailable`.
  public func close() {
    isClosed = true
    resolveTimer?.cancel()
    resolveTask?.cancel()
    for endpoint in endpoints.values { endpoint.stop(atOnce: true) }
    endpoints.removeAll()
    usable.removeAll()
    waiting.failAll()
  }

  /// Whether a call would find a connection right now.
  public var isReady: Bool { !usable.isEmpty }

  /// Connections that take calls.
  public var connectionCount: Int { usable.count }

  /// Those that take calls right now, each by itself: for what every replica has to be asked.
  public var replicas: [any Transport] { usable.map { Replica(endpoint: $0, service: service) } }

  private struct Replica: Transport {
    let endpoint: Endpoint
    let service: String

    func call(
      _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
    ) async throws -> [UInt8] {
      guard let connection = endpoint.connection else { throw RPCError.notConnected(service) }
      switch await connection.call(method, body, context) {
      case .answer(let answer): return answer
      case .failure(let error, _): throw error
      case .lost: throw RPCError.connectionLost(service)
      case .late: throw RPCError.deadlinePassed()
      case .cancelled: throw RPCError.callCancelled()
      }
    }
  }

  /// Tries at once again to connect to whoever is away: there is news that somebody is back.
  public func hurry() {
    for endpoint in endpoints.values { endpoint.hurry() }
  }

  /// Asks a server whether it is alive. Throws `RPCError` `unavailable` if none answers in time.
  public func check(deadline: Deadline) async throws {
    guard let connection = try await usableConnection(by: deadline.nanoseconds).connection,
      await connection.ping(by: deadline)
    else { throw RPCError.notConnected(service) }
  }

  public func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    if let tracer = Tracer.shared, !context.traceParent.isEmpty {
      return try await traced(method, idempotent: idempotent, body, context, tracer)
    }
    return try await measured(method, idempotent: idempotent, body, context)
  }

  private func traced(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext, _ tracer: Tracer
  ) async throws -> [UInt8] {
    var context = context
    let span = tracer.call(method, &context, .client)
    do {
      let answer = try await measured(method, idempotent: idempotent, body, context)
      span?.answered(.ok)
      return answer
    } catch {
      span?.answered((error as? RPCError)?.code ?? .cancelled)
      throw error
    }
  }

  @inline(__always)
  private func measured(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    let start = EventLoop.shared.now
    metrics.callsInFlight.increment()
    defer { metrics.callsInFlight.decrement() }
    do {
      let answer = try await attempts(method, idempotent: idempotent, body, context)
      metrics.count(.ok, nanoseconds: EventLoop.shared.now - start)
      return answer
    } catch {
      let shown = error as? RPCError ?? .callCancelled()
      metrics.count(shown.code, nanoseconds: EventLoop.shared.now - start)
      throw shown
    }
  }

  // MARK: Attempts

  private static let attemptsMax = 3

  @inline(__always)
  private func attempts(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    var context = context
    let longest = EventLoop.shared.now + limits.callTimeoutMax.wholeMilliseconds * 1_000_000
    if context.deadlineNanoseconds > longest { context.deadlineNanoseconds = longest }
    budget.earn()
    var attempt = 1
    while true {
      let endpoint = try await usableConnection(by: context.deadlineNanoseconds)
      guard let connection = endpoint.connection else { throw RPCError.notConnected(service) }
      let outcome = await connection.call(method, body, context)
      let failure: RPCError
      var mayRepeat = false
      switch outcome {
      case .answer(let answer):
        endpoint.breaker.answered()
        return answer
      case .failure(let error, let refused):
        endpoint.breaker.answered()
        failure = error
        // What was not begun costs nobody anything: it is no part of the budget.
        mayRepeat = refused && error.code == .unavailable
      case .lost:
        failure = .connectionLost(service)
        mayRepeat = idempotent && attempt < Self.attemptsMax && budget.spend()
      case .late:
        endpoint.breaker.unanswered(at: EventLoop.shared.now)
        failure = .deadlinePassed()
      case .cancelled: failure = .callCancelled()
      }
      guard mayRepeat, attempt < Self.attemptsMax, !isClosed else { throw failure }
      attempt += 1
      metrics.retries.increment()
    }
  }

  /// An endpoint with a connection, by the deadline at the latest.
  @inline(__always)
  private func usableConnection(by deadline: UInt64) async throws -> Endpoint {
    if deadline <= EventLoop.shared.now { throw RPCError.deadlinePassed() }
    if !usable.isEmpty { return try pick() }
    guard isStarted, !isClosed, waiting.count < limits.waitingCallsMax else {
      throw RPCError.notConnected(service)
    }
    let patience = isKnownAway ? limits.reconnectPatience : limits.connectPatience
    let left = Deadline(nanoseconds: deadline).remaining
    let came = await waiting.wait(atMost: min(patience, left))
    if Task.isCancelled { throw RPCError.callCancelled() }
    guard came, !usable.isEmpty else {
      let isLate = deadline <= EventLoop.shared.now
      throw isLate ? RPCError.deadlinePassed() : RPCError.notConnected(service)
    }
    return try pick()
  }

  @inline(__always)
  private func pick() throws -> Endpoint {
    let now = EventLoop.shared.now
    let index = balancer.pick(count: usable.count) { usable[$0].load }
    if usable[index].breaker.admits(at: now) { return usable[index] }
    // Rare: the first other one that still answers.
    for other in usable.indices where usable[other].breaker.admits(at: now) {
      return usable[other]
    }
    throw RPCError(
      .unavailable, "circuit_open", "The service \(service) does not answer.",
      retryAfter: .seconds(1))
  }

  /// No address is worth waiting long for.
  private var isKnownAway: Bool {
    !seeksSuccessor && !endpoints.isEmpty && endpoints.values.allSatisfy(\.isKnownAway)
  }

  // MARK: Addresses

  private func endpointChanged(_ endpoint: Endpoint) {
    usable.removeAll { $0 === endpoint }
    if endpoint.connection != nil, !isClosed {
      usable.append(endpoint)
      waiting.releaseAll()
      onReady?()
    } else if endpoint.hasSaidGoodbye, usable.isEmpty, !isClosed {
      seeksSuccessor = true
      // What is being looked up may be from before its successor came.
      resolveTask?.cancel()
      resolveTask = nil
      return resolve()
    }
    failWaitingIfAway()
    // A name may have moved: look it up soon, but not for every failure.
    if endpoint.isKnownAway, EventLoop.shared.now - resolvedAt > 500_000_000 { resolve() }
  }

  private func failWaitingIfAway() {
    if usable.isEmpty, isKnownAway { waiting.failAll(after: limits.reconnectPatience) }
  }

  func resolve() {
    guard resolveTask == nil, !isClosed else { return }
    resolvedAt = EventLoop.shared.now
    resolveTimer?.cancel()
    resolveTask = Task {
      var found: Set<SocketAddress> = []
      var isComplete = true
      for address in addresses {
        do { found.formUnion(try await lookUp(address)) } catch {
          guard !Task.isCancelled else { return }
          isComplete = false
          Log.shared.warning(
            "rpc name did not resolve",
            ["to": .string(service), "address": .string("\(address)"), "error": .error(error)])
        }
      }
      guard !isClosed, !Task.isCancelled else { return }
      resolveTask = nil
      use(found, dropsOthers: isComplete)
      seeksSuccessor = false
      failWaitingIfAway()
      let pause = isComplete ? limits.resolveInterval : .milliseconds(500)
      resolveTimer = EventLoop.shared.schedule(after: pause) { [weak self] in
        self?.resolve()
      }
    }
  }

  /// Connects to addresses that are new, and leaves those that are gone.
  private func use(_ found: Set<SocketAddress>, dropsOthers: Bool) {
    if dropsOthers {
      for (address, endpoint) in endpoints where !found.contains(address) {
        endpoints[address] = nil
        usable.removeAll { $0 === endpoint }
        endpoint.stop(atOnce: false)
      }
    }
    for address in found where endpoints[address] == nil {
      let endpoint = Endpoint(
        address: address, service: service, tls: tls, limits: limits, metrics: metrics,
        makeHandshake: makeHandshake
      ) { [weak self] in self?.endpointChanged($0) }
      endpoints[address] = endpoint
      endpoint.start()
    }
  }
}
