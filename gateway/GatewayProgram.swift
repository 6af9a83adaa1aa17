import Configuration
import Contracts
import HTTP
import Network
import Observability
import Security
import ServiceKit
import Wire

/// Puts the gateway together.
public enum GatewayProgram {
  static let services = [
    "auth", "sessions", "gamification", "community", "messaging", "quotes",
  ]

  public static func run() -> Never {
    ServiceHost.run("gateway") { host in
      let environment = host.environment
      let settings = GatewaySettings(environment)
      let redis = host.redis()
      var transports: [String: any Transport] = [:]
      for service in services {
        let client = host.client(service)
        host.checks.add(service) { try await client.check(deadline: $0) }
        transports[service] = client
      }
      guard let auth = transports["auth"] else { return }
      let revocations = Revocations(auth: AuthClient(auth))
      host.checks.add("revocations") { _ in
        guard revocations.isLoaded else { throw Problems.badToken }
      }
      host.onStart { revocations.start() }
      host.onDrain { _ in revocations.stop() }
      guard let reading = settings.policies["read"] else { return }
      let strangers = Strangers(reading)
      let authentication = Authentication(
        verifier: settings.verifier, revocations: revocations,
        apiTokens: APITokens(auth: AuthClient(auth), strangers: strangers), strangers: strangers,
        crossOrigin: settings.crossOrigin)
      let sockets = Sockets(settings, host, redis, transports, authentication, revocations)
      let gateway = Gateway(
        routes: try routes(host, settings, transports), authentication: authentication,
        rateLimiter: RateLimiter(redis: redis), crossOrigin: settings.crossOrigin,
        proxies: settings.proxies, answers: AnswerMemory(RetriesClient(auth)),
        sockets: sockets.desk)
      serve(gateway, host, settings)
      host.onStart { host.onDrain { await sockets.drain($0) } }
    }
  }

  private static func routes(
    _ host: ServiceHost, _ settings: GatewaySettings, _ transports: [String: any Transport]
  ) throws -> RouteTable {
    let routes = RouteTable()
    try routes.addCalls(transports: transports, policies: settings.policies)
    try routes.addSockets(policies: settings.policies)
    let health = host.health()
    try routes.add("/health", .own { health })
    try routes.add("/ready", .asked { await host.readiness() })
    let document = OpenAPIDocument.json
    let openAPI = Array(
      UnsafeBufferPointer(start: document.utf8Start, count: document.utf8CodeUnitCount))
    let json = "application/json"
    try routes.add("/openapi.json", .document(Document(openAPI, contentType: json)))
    try routes.add(
      "/.well-known/jwks.json", .document(Document(settings.publicKeys, contentType: json)))
    for (path, document) in Pages.all { try routes.add(path, .document(document)) }
    return routes
  }

  private static func serve(_ gateway: Gateway, _ host: ServiceHost, _ settings: GatewaySettings) {
    let tls = host.publishedTLS()
    host.onStart {
      let address = Address.tcp(host: settings.host, port: settings.port)
      let binding = HTTPBinding(
        try Resolver.numeric(address), sharesPort: settings.sharesPort, tls: tls)
      let server = HTTPServer(
        listeners: [binding],
        configuration: Self.configuration, bodyLimit: gateway.bodyLimit,
        immediate: gateway.answerAtOnce,
        handler: gateway.answer)
      // Who connects is to be served, not told that services are still being found.
      await host.settle()
      try server.start()
      host.onLeave { server.leave() }
      host.onDrain { await server.drain(deadline: $0.remaining) }
      Log.shared.info("listening", ["port": .int(Int(settings.port))])
    }
  }
}

extension GatewayProgram {
  /// Requests that no handler sees are logged and counted too.
  private static var configuration: HTTPServerConfiguration {
    let refused = Metrics.shared.counters(
      "http_refused_total", "Requests refused by the parser.", labels: "code")
    var configuration = HTTPServerConfiguration()
    // No route takes more; most take 1 MiB.
    configuration.bodyBytesMax = 2 << 20
    configuration.makeRequestID = RequestID.make
    configuration.refused = { refusal in
      refused.with(refusal.error.rawValue).increment()
      Log.shared.info(
        "refused",
        [
          "request_id": .string(refusal.requestID), "code": .string(refusal.error.rawValue),
          "client": .string(refusal.peer.host),
        ])
    }
    return configuration
  }
}

/// The gateway's own settings.
struct GatewaySettings {
  let host: String
  let port: UInt16
  /// Several gateways on one machine share the port (SO_REUSEPORT).
  let sharesPort: Bool
  let policies: RatePolicies
  let crossOrigin: CrossOrigin
  let proxies: TrustedProxies
  let verifier: TokenVerifier
  /// Open sockets of this process, and of one user.
  let socketsMax: Int
  let socketsPerUserMax: Int
  /// The public keys as a JWK set (RFC 7517).
  let publicKeys: [UInt8]

  init(_ environment: Environment) {
    host = environment.string("HOST", default: "127.0.0.1")
    port = environment.port("PORT", default: 8080)
    sharesPort = environment.bool("SHARE_PORT", default: false)
    policies = RatePolicies(environment)
    socketsMax = environment.int("WEBSOCKETS_MAX", default: 12_000, in: 1...1_000_000)
    socketsPerUserMax = environment.int(
      "WEBSOCKETS_PER_USER_MAX", default: 20, in: 1...1_000_000)
    crossOrigin = CrossOrigin(origins: Set(environment.list("CORS_ORIGINS", default: [])))
    let texts = environment.list("TRUSTED_PROXIES", default: [])
    let trusted = TrustedProxies(texts)
    if trusted == nil { environment.report("TRUSTED_PROXIES", "has what is no address or prefix") }
    proxies = trusted ?? TrustedProxies()
    let keys = TokenSettings.verificationKeys(environment)
    verifier = TokenVerifier(
      JWTVerifier(keys: keys, issuer: TokenSettings.issuer, audience: TokenSettings.audience))
    publicKeys = Array(JSONWebKeySet.text(keys).utf8)
  }
}
