import HTTP
import Observability

/// Where a request stands in its trace, and its span where that is recorded.
struct RequestTrace {
  /// W3C traceparent, for the answer and for every call that the request leads to; may be empty.
  let parent: String
  let span: Span?

  /// Without a tracer a trace of the caller's only goes on. With one, anybody's trace goes on, but only
  /// trusted proxies say whether it is recorded.
  init(_ request: HTTPRequest, _ proxies: TrustedProxies) {
    let incoming = request.header("traceparent").flatMap { Trace(parsing: $0) }
    guard let tracer = Tracer.shared else {
      parent = incoming?.child().text ?? ""
      span = nil
      return
    }
    span = tracer.root(
      request.method.name.description, incoming: incoming,
      isTrusted: incoming != nil && proxies.isTrusted(request.peer.host),
      startedAt: request.receivedAt,
      [
        "http.request.method": .string(request.method.name.description),
        "url.scheme": proxies.isHTTPS(request) ? "https" : "http",
      ])
    parent = span?.trace.text ?? incoming?.child().sampled(false).text ?? ""
  }
}

extension Span {
  /// The answer is there.
  func answered(_ method: HTTPMethod, _ route: String?, _ status: Int) {
    if let route {
      rename("\(method.name) \(route)")
      set("http.route", .string(route))
    }
    set("http.response.status_code", .int(status))
    if status >= 500 { set("error.type", .string("\(status)")) }
    end(failed: status >= 500)
  }
}
