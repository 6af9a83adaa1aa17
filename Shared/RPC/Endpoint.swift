import EventLoop
import Glibc
import Network
import Observability
import Wire

/// One address of a service: connects, and connects again, with growing pauses.
final class Endpoint {
  let address: SocketAddress
  /// Usable right now, or nil.
  private(set) var connection: ClientConnection?
  /// The server was there and went, or was not there when it was tried last.
  private(set) var isKnownAway = false
  /// The server went on purpose, so another may have taken its place under the same name.
  private(set) var hasSaidGoodbye = false
  var breaker = CircuitBreaker()
  /// How much a call would wait for: calls in flight, and above all calls that were not answered.
  @inline(__always)
  var load: Int {
    guard let connection else { return .max }
    return connection.callsInFlight + breaker.failures << 8
  }

  private let tls: TLSContext?
  private let makeHandshake: () -> ClientHandshake
  private let limits: RPCLimits
  private let metrics: ClientMetrics
  private let service: String
  /// Told when `connection` or `isKnownAway` changed.
  private let changed: (Endpoint) -> Void
  private var backoff: Backoff
  private var generator = SystemRandomNumberGenerator()
  private var greeting: ClientConnection?
  /// Connections that a goaway or `stop()` lets end their calls.
  private var draining: [ObjectIdentifier: ClientConnection] = [:]
  private var attempt: Task<Void, Never>?
  private var pause: LoopTimer?
  private var isStopped = false

  init(
    address: SocketAddress, service: String, tls: TLSContext?, limits: RPCLimits,
    metrics: ClientMetrics, makeHandshake: @escaping () -> ClientHandshake,
    changed: @escaping (Endpoint) -> Void
  ) {
    self.address = address
    self.service = service
    self.tls = tls
    self.limits = limits
    self.metrics = metrics
    self.makeHandshake = makeHandshake
    self.changed = changed
    backoff = Backoff(from: limits.backoffMin, to: limits.backoffMax)
  }

  func start() { connect() }

  /// Does not sit out a pause between two attempts: there is news that the server is back.
  func hurry() {
    guard !isStopped, let pause else { return }
    pause.cancel()
    connect()
  }

  /// Connects no more; calls in flight may end, unless `atOnce`.
  func stop(atOnce: Bool) {
    isStopped = true
    pause?.cancel()
    attempt?.cancel()
    greeting?.close()
    let open = connection
    if atOnce {
      open?.close()
      for connection in Array(draining.values) { connection.close() }
    } else {
      open?.drain()
    }
  }

  private func connect() {
    pause = nil
    guard !isStopped, attempt == nil, greeting == nil, connection == nil else { return }
    attempt = Task {
      let result: Result<Int32, any Error>
      do {
        let deadline = Deadline.after(limits.connectTimeout)
        result = .success(try await Connection.connect(to: address, deadline: deadline))
      } catch {
        result = .failure(error)
      }
      attempt = nil
      switch result {
      case .success(let descriptor): greet(descriptor)
      case .failure(let error): failed("\(error)")
      }
    }
  }

  private func greet(_ descriptor: Int32) {
    let session: TLSSession?
    // By its role, not its address: what answers for auth must be auth, wherever it runs.
    do { session = try tls?.session(serverName: service) } catch {
      Glibc.close(descriptor)
      return failed("\(error)")
    }
    let connection = ClientConnection(
      descriptor: descriptor, peer: address, tls: session, handshake: makeHandshake(),
      limits: limits)
    guard !isStopped else { return connection.close() }
    greeting = connection
    connection.stateChanged = { [weak self] in self?.stateChanged($0) }
  }

  private func stateChanged(_ connection: ClientConnection) {
    switch connection.state {
    case .greeting: break
    case .ready:
      greeting = nil
      self.connection = connection
      isKnownAway = false
      hasSaidGoodbye = false
      backoff.succeeded()
      breaker = CircuitBreaker()
      metrics.connections.increment()
      changed(self)
    case .draining:
      draining[ObjectIdentifier(connection)] = connection
      lost(connection)
    case .closed:
      draining[ObjectIdentifier(connection)] = nil
      if greeting === connection {
        greeting = nil
        failed(connection.reason?.description ?? "the server closed the connection")
      } else {
        lost(connection)
      }
    }
  }

  /// The usable connection is one no more.
  private func lost(_ connection: ClientConnection) {
    guard self.connection === connection else { return }
    self.connection = nil
    isKnownAway = true
    hasSaidGoodbye = connection.state == .draining
    metrics.connections.decrement()
    if !isStopped {
      metrics.connectionsLost.increment()
      let reason = connection.reason?.description ?? "closed by the server"
      Log.shared.warning(
        "rpc connection lost",
        [
          "to": .string(service), "peer": .string("\(address)"), "reason": .string(reason),
          "calls_in_flight": .int(connection.callsInFlight),
        ])
    }
    changed(self)
    connectLater()
  }

  private func failed(_ reason: String) {
    guard !isStopped else { return }
    isKnownAway = true
    hasSaidGoodbye = false
    metrics.connectsFailed.increment()
    // The first of a row: the others tell nothing new.
    if backoff.failures == 0 {
      Log.shared.warning(
        "rpc connect failed",
        ["to": .string(service), "peer": .string("\(address)"), "reason": .string(reason)])
    }
    changed(self)
    connectLater()
  }

  private func connectLater() {
    guard !isStopped, pause == nil else { return }
    let delay = backoff.failed(using: &generator)
    pause = EventLoop.shared.schedule(after: delay) { [weak self] in self?.connect() }
  }
}

extension Goaway: CustomStringConvertible {
  nonisolated var description: String { message.isEmpty ? reason : "\(reason): \(message)" }
}
