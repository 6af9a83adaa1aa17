import Contracts
import EventLoop
import HTTP
import Live
import Observability
import Wire

/// Answers HTTP requests by calling services: route, authenticate, limit the rate, transcode, call,
/// answer. No endpoint has code of its own here; the tables are generated from the protos.
final class Gateway {
  private let routes: RouteTable
  private let authentication: Authentication
  private let rateLimiter: RateLimiter
  private let crossOrigin: CrossOrigin
  private let proxies: TrustedProxies
  private let answers: AnswerMemory
  private let sockets: SocketDesk
  private let transcoding = Transcoding()

  /// A call's deadline, from the moment the request was whole (contract: limits and deadlines).
  private static let callLimitNanoseconds: UInt64 = 10_000_000_000
  /// The largest body, but of routes that say otherwise.
  private static let bodyBytesMax = 1 << 20

  init(
    routes: RouteTable, authentication: Authentication, rateLimiter: RateLimiter,
    crossOrigin: CrossOrigin, proxies: TrustedProxies, answers: AnswerMemory,
    sockets: SocketDesk
  ) {
    self.routes = routes
    self.authentication = authentication
    self.rateLimiter = rateLimiter
    self.crossOrigin = crossOrigin
    self.proxies = proxies
    self.answers = answers
    self.sockets = sockets
  }

  /// One request as it passes through.
  private struct Exchange {
    let requestID: String
    let traceParent: String
    let span: Span?
    let client: String
    var endpoint: Endpoint
    var caller: Caller?
    var limitHeaders: [HTTPResponse.Header] = []

    /// Whom limits count until there is a caller.
    var network: String { ClientNetwork.name(of: client) }
  }

  /// The answer of a route that needs no waiting; nil for the others. It costs no task.
  func answerAtOnce(_ request: HTTPRequest) -> HTTPResponse? {
    guard case .found(let endpoint, _) = routes.match(request) else { return nil }
    var response: HTTPResponse
    switch endpoint.target {
    case .own(let answer): response = answer()
    case .document(let document): response = document.answer(to: request)
    case .asked, .call, .socket: return nil
    }
    var exchange = begin(request)
    exchange.endpoint = endpoint
    finish(&response, request, exchange)
    return response
  }

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    var exchange = begin(request)
    var response: HTTPResponse
    do {
      response = try await respond(to: request, &exchange)
    } catch {
      response = problem(error, instance: path(of: request), exchange).response
    }
    finish(&response, request, exchange)
    return response
  }

  private func begin(_ request: HTTPRequest) -> Exchange {
    let offered = request.header("x-request-id")
    let trace = RequestTrace(request, proxies)
    return Exchange(
      requestID: offered.flatMap { RequestID.isAcceptable($0) ? $0 : nil } ?? RequestID.make(),
      traceParent: trace.parent, span: trace.span,
      client: proxies.client(
        peer: request.peer.host,
        forwardedFor: request.headerBytes("x-forwarded-for") == nil
          ? nil : request.headers("x-forwarded-for").joined(separator: ",")),
      endpoint: routes.unknown)
  }

  private func respond(
    to request: HTTPRequest, _ exchange: inout Exchange
  ) async throws -> HTTPResponse {
    switch routes.match(request) {
    case .notFound:
      throw Problems.notFound
    case .methodNotAllowed(let allow):
      if request.method == .options { return preflight(allow: allow) }
      let problem = Problem(
        status: 405, code: "method_not_allowed", detail: "This path takes \(allow).",
        instance: path(of: request), requestID: exchange.requestID)
      return .problem(problem, headers: [("Allow", allow)])
    case .found(let endpoint, let captures):
      exchange.endpoint = endpoint
      switch endpoint.target {
      case .own(let answer): return answer()
      case .document(let document): return document.answer(to: request)
      case .asked(let answer): return await answer()
      case .call(let route, let transport, let policy):
        return try await call(route, transport, policy, captures, request, &exchange)
      case .socket(let kind, let policy):
        return try await open(kind, policy, captures, request, &exchange)
      }
    }
  }

  /// The answer that opens a WebSocket.
  private func open(
    _ kind: SocketDesk.Kind, _ policy: RatePolicy, _ captures: RouteCaptures,
    _ request: HTTPRequest, _ exchange: inout Exchange
  ) async throws -> HTTPResponse {
    let context = CallContext(
      deadlineNanoseconds: request.receivedAt &+ Self.callLimitNanoseconds,
      requestID: exchange.requestID, traceParent: exchange.traceParent)
    switch try await sockets.admit(request, from: exchange.client, context) {
    case .refused(let response): return response
    case .admitted(let handshake, let query, let holder):
      exchange.caller = holder.caller
      try await limit(policy, &exchange)
      let channel: LiveChannel
      switch kind {
      case .user: channel = .user(holder.caller.userID)
      case .room:
        guard let id = SocketDesk.roomID(captures.bytes(0, in: request.path)) else {
          throw Problems.notFound
        }
        channel = .room(id)
      }
      return try await sockets.open(channel, handshake, since: query.since, holder, context)
    }
  }

  /// The limit first: a denied request must not touch a service.
  private func limit(_ policy: RatePolicy, _ exchange: inout Exchange) async throws {
    let decision = await rateLimiter.decide(
      policy, subject: exchange.caller?.userID ?? exchange.network)
    exchange.limitHeaders = Self.headers(policy, decision)
    guard decision.isAllowed else {
      throw RPCError(
        .resourceExhausted, "rate_limited", "Too many requests of class \(policy.name).",
        retryAfter: .microseconds(decision.retryAfterMicroseconds))
    }
  }

  private func call(
    _ route: Route, _ transport: any Transport, _ policy: RatePolicy, _ captures: RouteCaptures,
    _ request: HTTPRequest, _ exchange: inout Exchange
  ) async throws -> HTTPResponse {
    if route.auth != .none {
      exchange.caller = try await authentication.caller(
        of: request, from: exchange.client, for: route.auth, requestID: exchange.requestID)
    }
    try await limit(policy, &exchange)
    if var problem = transcoding.refusal(of: request, route) {
      problem.requestID = exchange.requestID
      problem.instance = path(of: request)
      return .problem(problem)
    }
    let message = try transcoding.message(route, request, captures)
    let context = CallContext(
      deadlineNanoseconds: request.receivedAt &+ Self.callLimitNanoseconds,
      requestID: exchange.requestID, traceParent: exchange.traceParent, caller: exchange.caller,
      client: route.passesClient ? clientInfo(request, exchange) : nil)
    if request.method == .post, let header = request.headerBytes("idempotency-key") {
      let key = try RequestKey(
        header, subject: exchange.caller?.userID ?? exchange.client, route: route,
        message: message)
      return try await once(key, route, transport, message, context, request, exchange)
    }
    let reply = try await transport.call(
      route.methodID, idempotent: route.idempotent, message, context)
    let response = try transcoding.response(route, reply, isSecure: isSecure(request, route))
    return route.method == "GET" ? Self.tagged(response, request) : response
  }

  /// With its `ETag`; nothing but that for who has the body already.
  private static func tagged(_ response: HTTPResponse, _ request: HTTPRequest) -> HTTPResponse {
    var response = response
    let tag = EntityTag(response.body)
    response.headers.append(("ETag", tag.text))
    if let known = request.headerBytes("if-none-match"), tag.isNamed(by: known) {
      response.status = 304
      response.contentType = nil
      response.body = []
    }
    return response
  }

  /// A call of which a second one with the same key only repeats the answer. Errors are answers too,
  /// so they are made here.
  private func once(
    _ key: RequestKey, _ route: Route, _ transport: any Transport, _ message: [UInt8],
    _ context: CallContext, _ request: HTTPRequest, _ exchange: Exchange
  ) async throws -> HTTPResponse {
    let isSecure = isSecure(request, route)
    let instance = path(of: request)
    return try await answers.answer(key, isRepeatable: route.idempotent, context) { [self] in
      do {
        let reply = try await transport.call(
          route.methodID, idempotent: route.idempotent, message, context)
        return (try transcoding.response(route, reply, isSecure: isSecure), nil)
      } catch {
        return problem(error, instance: instance, exchange)
      }
    }
  }

  /// The bytes that the body of a request may have. Asked before the body is read, and for large
  /// bodies alone by the route: what is small is checked when it is there.
  func bodyLimit(_ request: HTTPRequest) -> Int {
    guard request.head.isChunked || (request.head.contentLength ?? 0) > Self.bodyBytesMax,
      case .found(let endpoint, _) = routes.match(request),
      case .call(let route, _, _) = endpoint.target, let upload = route.upload
    else { return Self.bodyBytesMax }
    return upload.bytesMax
  }

  private func clientInfo(_ request: HTTPRequest, _ exchange: Exchange) -> ClientInfo {
    let agent = request.header("user-agent") ?? ""
    return ClientInfo(ip: exchange.client, userAgent: String(agent.prefix(256)))
  }

  /// Whether the client came by HTTPS: its cookies then never go by plain HTTP. Nobody else asks.
  private func isSecure(_ request: HTTPRequest, _ route: Route) -> Bool {
    route.cookie != nil && proxies.isHTTPS(request)
  }

  private func preflight(allow: String) -> HTTPResponse {
    HTTPResponse(status: 204, headers: [("Allow", allow)] + CrossOrigin.preflightHeaders)
  }

  private func problem(
    _ error: any Error, instance: String, _ exchange: Exchange
  ) -> (response: HTTPResponse, error: RPCError) {
    let shown = error as? RPCError ?? RPCError(.internal, "internal", "\(error)")
    if Problems.status(of: shown) == 500 { logFailure(error, exchange) }
    let response = Problems.response(
      to: shown, instance: instance, requestID: exchange.requestID)
    return (response, shown)
  }

  private func logFailure(_ error: any Error, _ exchange: Exchange) {
    var fields: LogFields = [
      "request_id": .string(exchange.requestID), "route": .string(exchange.endpoint.pattern),
      "error": .error(error),
    ]
    if let caller = exchange.caller { fields.append("user_id", .string(caller.userID)) }
    fields.append(traceParent: exchange.traceParent)
    // What a service calls internal it has logged itself, with its cause.
    let isEcho = (error as? RPCError).map { $0.code == .internal && $0.reason == "internal" }
    Log.shared.error("request failed", fields, isEcho: isEcho ?? false)
  }

  private func path(of request: HTTPRequest) -> String {
    String(decoding: request.path, as: UTF8.self)
  }

  private static func headers(
    _ policy: RatePolicy, _ decision: RateDecision
  ) -> [HTTPResponse.Header] {
    let reset = (decision.resetMicroseconds + 999_999) / 1_000_000
    return [
      ("RateLimit-Policy", policy.header),
      ("RateLimit", "\"\(policy.name)\";r=\(decision.remaining);t=\(reset)"),
    ]
  }

  private func finish(
    _ response: inout HTTPResponse, _ request: HTTPRequest, _ exchange: Exchange
  ) {
    response.headers.append(("X-Request-Id", exchange.requestID))
    response.headers += exchange.limitHeaders
    if !exchange.traceParent.isEmpty {
      response.headers.append(("traceparent", exchange.traceParent))
    }
    if !crossOrigin.origins.isEmpty {
      response.headers += crossOrigin.headers(origin: request.header("origin"))
    }
    let spent = EventLoop.shared.clock &- request.receivedAt
    exchange.endpoint.record(status: response.status, nanoseconds: spent)
    if let span = exchange.span {
      let route = exchange.endpoint === routes.unknown ? nil : exchange.endpoint.pattern
      span.answered(request.method, route, response.status)
    }
    logAccess(response, request, exchange, spent)
  }

  private func logAccess(
    _ response: HTTPResponse, _ request: HTTPRequest, _ exchange: Exchange, _ spent: UInt64
  ) {
    guard Log.shared.level <= .info else { return }
    var fields: LogFields = [
      "request_id": .string(exchange.requestID),
      "method": .string(request.method.name.description),
      "route": .string(exchange.endpoint.pattern), "status": .int(response.status),
      "duration": .duration(.nanoseconds(Int64(clamping: spent))),
      "client": .string(exchange.client),
    ]
    if let caller = exchange.caller { fields.append("user_id", .string(caller.userID)) }
    if let span = exchange.span { fields.append("trace_id", .string(span.trace.traceID)) }
    Log.shared.info("request", fields)
  }
}
