import Contracts
import HTTP
import Wire

/// All routes: those of the protos and the gateway's own.
struct RouteTable {
  private let router = Router<Endpoint>()
  private let metrics = RequestMetrics()
  /// Where requests to no route are counted.
  let unknown: Endpoint

  init() {
    unknown = Endpoint(
      method: .get, pattern: "unknown", target: .own { HTTPResponse(status: 404) }, metrics)
  }

  /// Adds the generated routes. Throws for a route whose service or rate class is not there.
  func addCalls(
    transports: [String: any Transport], policies: RatePolicies
  ) throws {
    for route in Routes.all {
      guard let method = HTTPMethod.allCases.first(where: { $0.name.description == route.method })
      else { throw RouteTableError(route: route, "method \(route.method)") }
      guard let transport = transports[route.service] else {
        throw RouteTableError(route: route, "service \(route.service)")
      }
      guard let policy = policies[route.rateClass] else {
        throw RouteTableError(route: route, "rate class \(route.rateClass)")
      }
      let endpoint = Endpoint(
        method: method, pattern: route.pattern, target: .call(route, transport, policy), metrics)
      try router.add(method, route.pattern, alsoUnderAPI: route.isAlias, endpoint)
    }
  }

  func add(_ pattern: String, _ target: Endpoint.Target) throws {
    let endpoint = Endpoint(method: .get, pattern: pattern, target: target, metrics)
    try router.add(.get, pattern, endpoint)
  }

  /// The routes of WebSockets, with their aliases.
  func addSockets(policies: RatePolicies) throws {
    guard let policy = policies["read"] else { return }
    for (pattern, kind) in [("/ws/{room_id}", SocketDesk.Kind.room), ("/ws", .user)] {
      for path in ["/api/v1" + pattern, pattern] {
        let endpoint = Endpoint(
          method: .get, pattern: path, target: .socket(kind, policy), metrics)
        try router.add(.get, path, alsoUnderAPI: path == pattern, endpoint)
      }
    }
  }

  func match(_ request: HTTPRequest) -> Router<Endpoint>.Match {
    router.match(request.method, request.path)
  }
}

/// A route of the protos that the gateway cannot serve: found at the start.
struct RouteTableError: Error, CustomStringConvertible {
  let description: String

  init(route: Route, _ what: String) {
    description = "\(route.method) \(route.pattern): no \(what)"
  }
}
