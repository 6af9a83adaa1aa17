import EventLoop
import Network
import Observability
import Wire

/// Serves the calls of Focal's processes (`protos/WIRE.md`).
///
///     let server = RPCServer(
///       listen: try Address(parsing: "tcp:127.0.0.1:7101"), service: "auth", instance: "auth-1",
///       secret: secret, dispatchers: [AuthDispatcher(service)])
///     try await server.start()
///     …
///     await server.drain(deadline: .seconds(10))
public final class RPCServer {
  public let service: String
  public let instance: String
  public let limits: RPCLimits
  let metrics: ServerMetrics

  private let address: Address
  private let secrets: [Secret]
  private let tls: TLSContext?
  private let methods: [UInt32: any Dispatcher]
  private var listener: Listener?
  private var connections: [ObjectIdentifier: ServerConnection] = [:]
  private var isDraining = false
  private var drainWaiters: [UnsafeContinuation<Void, Never>] = []

  /// - Parameters:
  ///   - service: the name of the table in `WIRE.md`; clients that want another one are refused.
  ///   - instance: this process, for logs.
  ///   - secret: `RPC_SECRET`; may be empty only where TLS proves the peers.
  ///   - otherSecret: `RPC_OTHER_SECRET`: clients may know this one instead.
  ///   - dispatchers: no two of them may know the same method.
  ///   - tls: of the role server, with a client authority: mutual TLS.
  public init(
    listen: Address, service: String, instance: String, secret: Secret,
    otherSecret: Secret? = nil, dispatchers: [any Dispatcher], tls: TLSContext? = nil,
    limits: RPCLimits = RPCLimits(),
    metrics: Metrics = .shared
  ) {
    precondition(!secret.isEmpty || tls != nil, "nothing would prove who calls")
    address = listen
    self.service = service
    self.instance = instance
    secrets = [secret] + (otherSecret.map { [$0] } ?? [])
    self.tls = tls
    self.limits = limits
    self.metrics = ServerMetrics(service: service, in: metrics)
    var methods: [UInt32: any Dispatcher] = [:]
    for dispatcher in dispatchers {
      for method in dispatcher.methods {
        precondition(methods[method] == nil, "two dispatchers know the method \(method)")
        methods[method] = dispatcher
      }
    }
    self.methods = methods
  }

  /// The port that it listens on; 0 before `start()` and for a Unix address.
  public var port: UInt16 { listener?.port ?? 0 }

  /// Clients that were welcomed and are still there.
  public var connectionCount: Int { connections.count }

  /// Listens. Throws `NetworkError` where the address cannot be had.
  public func start(sharesPort: Bool = false) async throws {
    let keys = secrets.map { Array($0.reveal().utf8) }
    listener = try Listener(
      Resolver.numeric(address), sharesPort: sharesPort, connectionLimit: limits.connectionsMax
    ) { [weak self] descriptor, peer in
      guard let self, !isDraining else { return nil }
      var session: TLSSession?
      if let tls {
        do { session = try tls.session() } catch {
          Log.shared.error("rpc tls failed", ["error": .error(error)])
          return nil
        }
      }
      let connection = ServerConnection(
        descriptor: descriptor, peer: peer, tls: session, server: self, secrets: keys)
      connections[ObjectIdentifier(connection)] = connection
      return connection
    }
  }

  /// Takes no further connection or call, lets those in flight end, and closes; after `deadline`
  /// what is left is cut off.
  public func drain(deadline: Duration) async {
    listener?.close()
    isDraining = true
    for connection in Array(connections.values) { connection.drain() }
    guard !connections.isEmpty else { return }
    let timer = EventLoop.shared.schedule(after: deadline) { [weak self] in self?.cutOff() }
    await withUnsafeContinuation { drainWaiters.append($0) }
    timer.cancel()
  }

  /// Closes everything at once, as a crash would.
  public func close() {
    listener?.close()
    isDraining = true
    cutOff()
  }

  @inline(__always)
  func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    guard let dispatcher = methods[method] else { throw Call.unknown(method) }
    return try await dispatcher.dispatch(method, body, context)
  }

  func closed(_ connection: ServerConnection) {
    connections[ObjectIdentifier(connection)] = nil
    guard connections.isEmpty else { return }
    let waiters = drainWaiters
    drainWaiters.removeAll()
    for waiter in waiters { waiter.resume() }
  }

  private func cutOff() {
    for connection in Array(connections.values) { connection.close() }
  }
}
