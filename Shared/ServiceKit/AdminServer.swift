import EventLoop
import HTTP
import Network
import Observability

/// /health, /ready and /metrics on a port of their own, that is not published.
final class AdminServer {
  private let server: HTTPServer

  init(host: ServiceHost, port: Int) throws {
    let address = Address.tcp(host: host.adminHost, port: UInt16(port))
    server = HTTPServer(listeners: [HTTPBinding(try Resolver.numeric(address))]) { request in
      await host.answerAdmin(request)
    }
    try server.start()
  }

  func drain(deadline: Duration) async { await server.drain(deadline: deadline) }
}

extension ServiceHost {
  /// /health: the process lives. Cheap.
  public func health() -> HTTPResponse {
    let report = HealthReport(service: name, status: "ok", findings: nil)
    return .json(report.json)
  }

  /// /ready: everything that the process depends on is there (200), or not (503).
  public func readiness() async -> HTTPResponse {
    let findings = await checks.run()
    let isReady = !isDraining && findings.allSatisfy(\.isWell)
    let status = isDraining ? "draining" : isReady ? "ok" : "unavailable"
    let report = HealthReport(service: name, status: status, findings: findings)
    return .json(report.json, status: isReady ? 200 : 503)
  }

  func answerAdmin(_ request: HTTPRequest) async -> HTTPResponse {
    switch String(decoding: request.path, as: UTF8.self) {
    case "/health": return health()
    case "/ready": return await readiness()
    case "/metrics":
      return HTTPResponse(
        status: 200, contentType: Metrics.contentType, body: Metrics.shared.text())
    default: return HTTPResponse(status: 404)
    }
  }
}
