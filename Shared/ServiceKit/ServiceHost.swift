import Configuration
import Contracts
import EventLoop
import Events
import Glibc
import Live
import Network
import Observability
import Postgres
import RPC
import Redis
import Security
import Telemetry
import Wire

/// A process of Focal, from its settings to its end: configuration, log, metrics, stores, serving,
/// drain.
///
///     @main struct Main {
///       static func main() {
///         ServiceHost.run("quotes") { host in
///           host.serve(QuotesDispatcher(QuotesService(database: host.database())))
///         }
///       }
///     }
public final class ServiceHost {
  /// What `/health` says.
  public nonisolated static let version = "0.1.0"
  /// How long a draining process waits for what is in flight.
  public static let drainLimit = Duration.seconds(10)
  /// How long a starting process waits for what it depends on before it listens all the same.
  public static let settleLimit = Duration.seconds(2)

  public let name: String
  public let environment: Environment
  public let checks = HealthChecks()
  public private(set) var isDraining = false

  private let rpcListen: [Address]
  private let adminPort: Int
  /// Where the admin port listens: nobody but the operator's own tools should reach it.
  let adminHost: String
  /// `DRAIN_SECONDS`: from the wish to stop until it stops listening. Balancers leave meanwhile.
  private let leaveTime: Duration
  private var leaveActions: [() -> Void] = []
  private var dispatchers: [any Dispatcher] = []
  private var startActions: [() async throws -> Void] = []
  private var drainActions: [(_ deadline: Deadline) async -> Void] = []
  private var rpcSecret: Secret?
  /// Taken too, while one secret replaces another.
  private let rpcOtherSecret: Secret?
  private let certificates = Certificates()
  private let telemetry: ProcessTelemetry
  private let peerTLS: (server: TLSContext, client: TLSContext)?

  private init(_ name: String, ports: Ports) {
    self.name = name
    let environment = Environment()
    self.environment = environment
    let settings = TelemetrySettings(environment)
    instance = "\(name)-\(getpid())-\(RandomBytes.token(bytes: 6).reveal())"
    telemetry = ProcessTelemetry(
      settings,
      ProcessIdentity(
        name: name, version: Self.version, instance: instance,
        environment: settings.environment))
    adminPort = environment.int("ADMIN_PORT", default: ports.admin, in: 0...65535)
    adminHost = environment.string("ADMIN_HOST", default: "127.0.0.1")
    leaveTime = .seconds(environment.int("DRAIN_SECONDS", default: 0, in: 0...60))
    peerTLS = certificates.peers(environment)
    rpcOtherSecret = environment.optionalSecret("RPC_OTHER_SECRET", bytesMin: 16)
    let listen = ports.rpc.map {
      environment.addresses("RPC_LISTEN", default: ["tcp:127.0.0.1:\($0)"])
    }
    rpcListen = Self.addresses(listen ?? [])
  }

  /// Runs the process until SIGTERM or SIGINT. `assemble` reads settings and puts the parts together
  /// without waiting for anything: wrong settings are reported all at once (exit 78).
  public static func run(
    _ name: String, _ assemble: @escaping (ServiceHost) throws -> Void
  ) -> Never {
    LoopProgram.run {
      let stop = StopSignal()
      let host = ServiceHost(name, ports: Ports(of: name))
      host.startLog()
      do {
        try assemble(host)
        host.environment.finishOrExit()
        try await host.start()
      } catch {
        Log.shared.error("could not start", ["error": .error(error)])
        await host.telemetry.end()
        Log.shared.flush(waitingAtMost: .seconds(1))
        return 1
      }
      await stop.wait()
      await host.leave()
      await host.drain()
      Log.shared.flush(waitingAtMost: .seconds(1))
      return 0
    }
  }

  // MARK: Parts

  /// The process's database, by `DATABASE_URL` and `DATABASE_POOL`.
  public func database() -> PostgresPool {
    let pool = PostgresPool(
      url: environment.secretURL("DATABASE_URL", schemes: ["postgres", "postgresql"]),
      size: environment.int("DATABASE_POOL", default: 16, in: 2...100),
      applicationName: "focal-\(name)")
    checks.add("postgres") { _ in try await pool.check() }
    onStart { pool.start() }
    onDrain { _ in pool.close() }
    return pool
  }

  /// The process's Redis, by `REDIS_URL`.
  public func redis() -> RedisConnection {
    let redis = RedisConnection(url: redisURL)
    checks.add("redis") { _ in try await redis.check() }
    onStart { redis.start() }
    onDrain { _ in redis.close() }
    return redis
  }

  /// Follows channels, on a connection of its own.
  public func subscription() -> RedisSubscription {
    let subscription = RedisSubscription(url: redisURL)
    onStart { subscription.start() }
    onDrain { _ in subscription.close() }
    return subscription
  }

  /// Tells those who follow over WebSocket, through the process's Redis.
  public func live(_ redis: RedisConnection) -> LivePublisher { LivePublisher(redis) }

  /// The events of these topics are `LiveEvent`s: whoever follows is told them after the commit.
  public func tell(_ topics: [String], of outbox: Outbox, through live: LivePublisher) {
    for topic in topics {
      outbox.subscribe(inBackground: "live", to: topic) { payload, _ in
        try await live.publish(LiveEvent(bytes: payload))
      }
    }
  }

  /// A client of another service, by `<SERVICE>_ADDRESS`: all addresses of the name are used.
  public func client(_ service: String) -> RPCClient {
    let port = Ports(of: service).rpc ?? 0
    let addresses = environment.addresses(
      "\(service.uppercased())_ADDRESS", default: ["tcp:127.0.0.1:\(port)"])
    let client = RPCClient(
      service: service, addresses: Self.addresses(addresses), secret: secret(),
      instance: instance, tls: peerTLS?.client)
    onStart { client.start() }
    onDrain { _ in client.close() }
    return client
  }

  /// The service's outbox; its consumers are subscribed before the start. Those that read a stream
  /// need Redis.
  public func outbox(_ database: PostgresPool, _ redis: RedisConnection? = nil) -> Outbox {
    let outbox =
      if let redis {
        Outbox(pool: database, redis: redis, answers: RedisSubscription(url: redisURL))
      } else {
        Outbox(pool: database)
      }
    onStart { outbox.start() }
    onDrain { _ in await outbox.stop() }
    serve(outbox.dispatcher)
    return outbox
  }

  /// Takes the events of this service's stream; its topics are named before the start.
  public func consumer(_ redis: RedisConnection) -> EventConsumer {
    let consumer = EventConsumer(name, url: redisURL, redis: redis)
    onStart { consumer.start() }
    onDrain { _ in await consumer.stop() }
    return consumer
  }

  /// What the reads of a consumer wait for, see `CatchUp`.
  public func catchUp(_ database: PostgresPool, with senders: [RPCClient]) -> CatchUp {
    CatchUp(consumer: name, database: database, senders: senders)
  }

  /// HTTPS, by `TLS_CERT` and `TLS_KEY`; nil without them.
  public func publishedTLS() -> TLSContext? { certificates.published(environment) }

  /// Offers a service on the RPC port.
  public func serve(_ dispatcher: any Dispatcher) {
    dispatchers.append(dispatcher)
    _ = secret()
  }

  /// Called when the settings are good, in order.
  public func onStart(_ action: @escaping () async throws -> Void) { startActions.append(action) }

  /// Called when the process is going to stop: it still serves, for `DRAIN_SECONDS`.
  public func onLeave(_ action: @escaping () -> Void) { leaveActions.append(action) }

  /// Called when the process stops, the last added first.
  public func onDrain(_ action: @escaping (_ deadline: Deadline) async -> Void) {
    drainActions.append(action)
  }

  private var redisURL: Secret {
    environment.secretURL("REDIS_URL", schemes: ["redis", "unix"])
  }

  /// Names this process among all of its service: a process's number alone does not, since each
  /// container counts from 1.
  public let instance: String

  private func secret() -> Secret {
    if let rpcSecret { return rpcSecret }
    // Where TLS proves the peers, the secret may be left out.
    let given =
      peerTLS == nil
      ? environment.secret("RPC_SECRET", bytesMin: 16)
      : environment.optionalSecret("RPC_SECRET", bytesMin: 16) ?? Secret("")
    // A missing one is reported with everything else that is wrong; until then nothing uses this.
    let secret = given.isEmpty && peerTLS == nil ? RandomBytes.token(bytes: 32) : given
    rpcSecret = secret
    return secret
  }

  /// The environment has reported what is no address.
  private static func addresses(_ texts: [String]) -> [Address] {
    texts.compactMap { try? Address(parsing: $0) }
  }

  // MARK: Life

  private func startLog() {
    let text = environment.string("LOG_LEVEL", default: "info")
    if let level = LogLevel(name: text) {
      Log.shared.start(service: name, level: level)
    } else {
      environment.report("LOG_LEVEL", "is debug, info, warning or error")
    }
    let flusher = LogFlusher()
    Log.shared.whenDirty = { flusher.arrange() }
    LoopMetrics.register()
  }

  private func start() async throws {
    telemetry.start()
    for action in startActions { try await action() }
    if !dispatchers.isEmpty { await settle() }
    // A Unix socket beside the port costs half as much for who is on the same machine.
    for address in rpcListen where !dispatchers.isEmpty {
      let server = RPCServer(
        listen: address, service: name, instance: instance, secret: secret(),
        otherSecret: rpcOtherSecret, dispatchers: dispatchers, tls: peerTLS?.server)
      try await server.start()
      onDrain { await server.drain(deadline: $0.remaining) }
    }
    let admin = try AdminServer(host: self, port: adminPort)
    onDrain { await admin.drain(deadline: $0.remaining) }
    Log.shared.info("started", ["version": .string(Self.version), "admin_port": .int(adminPort)])
  }

  /// Waits for what the process depends on, a little: who listens is sent requests, and the first
  /// of them should not fail.
  public func settle() async {
    let deadline = Deadline.after(Self.settleLimit)
    while await !checks.run().allSatisfy(\.isWell), deadline.remaining > .zero {
      await pause(.milliseconds(20))
    }
  }

  /// `/ready` says no from now on, but everything is served as before.
  private func leave() async {
    isDraining = true
    guard leaveTime > .zero else { return }
    Log.shared.info("leaving", ["seconds": .int(Int(leaveTime.components.seconds))])
    for action in leaveActions { action() }
    await pause(leaveTime)
  }

  private func pause(_ duration: Duration) async {
    await withCheckedContinuation { waiter in
      EventLoop.shared.schedule(after: duration) { waiter.resume() }
    }
  }

  private func drain() async {
    Log.shared.info("draining")
    let deadline = Deadline.after(Self.drainLimit)
    for action in drainActions.reversed() { await action(deadline) }
    // Last: what the others do at their end is told too.
    await telemetry.end()
    Log.shared.info("stopped")
  }
}
