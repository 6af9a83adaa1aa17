import Courier
import EventLoopTesting
import Glibc
import HTTP
import Network

/// Runs a server of ours on a free port while `body` calls it.
func withServer(
  tls: TLSContext? = nil, _ handler: @escaping HTTPServer.Handler,
  _ body: @escaping @MainActor (_ server: HTTPServer, _ url: String) async throws -> Void
) async throws {
  try await onLoop {
    let address = try Resolver.numeric(Address(parsing: "127.0.0.1:0"))
    var configuration = HTTPServerConfiguration()
    configuration.headers = []
    configuration.bodyBytesMax = 4 << 20
    let server = HTTPServer(
      listeners: [HTTPBinding(address, tls: tls)], configuration: configuration,
      bodyLimit: { _ in 4 << 20 }, immediate: nil, handler: handler)
    try server.start()
    defer { server.stop() }
    let scheme = tls == nil ? "http" : "https"
    try await body(server, "\(scheme)://127.0.0.1:\(server.listeners[0].port)")
  }
}

extension HTTPRequest {
  var pathText: String { String(decoding: path, as: UTF8.self) }
  var bodyText: String { String(decoding: body, as: UTF8.self) }
}

extension HTTPResponse {
  static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "text/plain", body: Array(text.utf8))
  }
}

/// Lets a handler wait until the test says so.
final class Gate {
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private(set) var arrivals = 0
  private var isOpen = false

  func pass() async {
    arrivals += 1
    if !isOpen { await withCheckedContinuation { waiters.append($0) } }
  }

  func open() {
    isOpen = true
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  func arrived(_ count: Int) async {
    while arrivals < count { await Task.yield() }
  }
}

/// The error of a call that has to fail.
func failure(
  _ courier: Courier, _ request: OutgoingRequest
) async -> CourierError.Kind? {
  do {
    _ = try await courier.send(request)
    return nil
  } catch {
    return error.kind
  }
}
