import Contracts
import Foundation
import Testing
import Wire

/// The real contract, as the gateway meets it.
struct ContractTests {
  private func route(_ method: String, _ pattern: String) throws -> Route {
    try #require(Routes.all.first { $0.method == method && $0.pattern == pattern }, "\(pattern)")
  }

  private func request(_ route: Route, _ body: String) throws(RequestFailure) -> [UInt8] {
    let bytes = UnsafeRawBufferPointer.copying(body)
    defer { bytes.deallocate() }
    return try Schemas.transcoder.request(route, body: bytes, Arena())
  }

  private func answer(_ route: Route, _ bytes: [UInt8]) throws -> [String: Any] {
    let copy = UnsafeRawBufferPointer.copying(bytes)
    defer { copy.deallocate() }
    var writer = JSONWriter()
    try Schemas.transcoder.answer(route, copy, Arena(), into: &writer)
    return try #require(JSONSerialization.jsonObject(with: Data(writer.bytes)) as? [String: Any])
  }

  /// What the seeds call, and its canonical path.
  @Test(arguments: [
    ("POST", "/register", "/api/v1/auth/register"),
    ("POST", "/user/register", "/api/v1/auth/register"),
    ("POST", "/auth/register", "/api/v1/auth/register"),
    ("POST", "/auth/signup", "/api/v1/auth/register"),
    ("POST", "/users/register", "/api/v1/auth/register"),
    ("POST", "/login", "/api/v1/auth/login"), ("POST", "/user/login", "/api/v1/auth/login"),
    ("POST", "/auth/login", "/api/v1/auth/login"), ("POST", "/users/login", "/api/v1/auth/login"),
    ("POST", "/user/logout", "/api/v1/auth/logout"), ("GET", "/users/me", "/api/v1/auth/me"),
    ("POST", "/sessions/start", "/api/v1/sessions/start"),
    ("POST", "/sessions/pause", "/api/v1/sessions/pause"),
    ("POST", "/sessions/resume", "/api/v1/sessions/resume"),
    ("POST", "/sessions/stop", "/api/v1/sessions/stop"),
    ("GET", "/sessions/active", "/api/v1/sessions/active"),
    ("GET", "/sessions/history", "/api/v1/sessions/history"),
    ("POST", "/focus-session", "/api/v1/stats/session"),
    ("GET", "/focus-logs", "/api/v1/sessions/logs"),
    ("GET", "/focus-metrics", "/api/v1/focus-metrics"), ("GET", "/streaks", "/api/v1/streaks"),
    ("GET", "/quotes/today", "/api/v1/quotes/today"),
  ])
  func anAliasCallsTheSameMethod(_ method: String, _ path: String, _ canonical: String) throws {
    let alias = try route(method, path)
    let original = try route(method, canonical)
    #expect(alias.isAlias)
    #expect(!original.isAlias)
    #expect(alias.methodID == original.methodID)
    #expect(alias.auth == original.auth)
    #expect(alias.rateClass == original.rateClass)
    #expect(alias.status == original.status)
  }

  @Test func everythingIsProtectedButWhatTheContractNames() {
    let open = Set(Routes.all.filter { $0.auth == .none && !$0.isAlias }.map(\.pattern))
    let allowed: Set = [
      "/api/v1/auth/register", "/api/v1/auth/signup", "/api/v1/auth/login", "/api/v1/auth/refresh",
      "/api/v1/auth/password/forgot", "/api/v1/auth/password/reset", "/api/v1/auth/email/verify",
      "/api/v1/quotes/today",
      // Pictures, by ids that are not to be guessed or say nothing: a page's <img> sends no token.
      "/api/v1/auth/avatars/{id}", "/api/v1/badges/{id}/image",
    ]
    #expect(open.isSubset(of: allowed), "\(open.subtracting(allowed))")
  }

  @Test func everyGetIsIdempotent() {
    #expect(Routes.all.filter { $0.method == "GET" }.allSatisfy { $0.idempotent })
  }

  @Test func aLoginThroughTheSeedsPathSetsTheCookie() throws {
    let login = try route("POST", "/user/login")
    let bytes = try request(login, #"{"email":"a@b.c","password":"secret-word"}"#)
    #expect(try LoginRequest(bytes: bytes).password.reveal() == "secret-word")
    let tokens = Tokens(
      accessToken: Secret("A"), refreshToken: Secret("R"), tokenType: "bearer", expiresIn: 900,
      user: User(id: "1", email: "a@b.c", role: .user))
    let answer = try answer(login, try tokens.bytes())
    #expect(answer["token"] as? String == "A")
    #expect(answer["access_token"] as? String == "A")
    #expect((answer["user"] as? [String: Any])?["role"] as? String == "user")
    let cookie = try #require(login.cookie)
    guard case .set(let field, let maxAge?) = cookie.action else {
      Issue.record("no cookie is set")
      return
    }
    try tokens.bytes().withUnsafeBytes { bytes in
      #expect(Schemas.transcoder.text(field, of: login, bytes) == "A")
      #expect(Schemas.transcoder.integer(maxAge, of: login, bytes) == 900)
    }
  }

  @Test func theSeedsSessionBodiesAreTaken() throws {
    let log = try route("POST", "/focus-session")
    for body in [
      #"{"duration":25,"timestamp":"2026-01-01T10:00:00+01:00"}"#,
      #"{"duration":25.5,"userId":"0190b7e4-3f9c-7a3b-8000-0123456789ab"}"#,
      #"{"duration_minutes":25,"session_type":"work","completed_at":"2026-01-01T09:00:00Z"}"#,
      #"{"durationSeconds":1500,"sessionType":"break","note":"tea"}"#,
    ] {
      #expect(throws: Never.self, "\(body)") { try request(log, body) }
    }
    for body in [#"{"duration":0}"#, #"{"duration":-1}"#, #"{"duration":1441}"#] {
      #expect(throws: RequestFailure.self, "\(body)") { try request(log, body) }
    }
  }

  @Test func everyRouteMatchesItsPattern() {
    for route in Routes.all {
      let variables = route.pattern.split(separator: "/").filter { $0.hasPrefix("{") }.count
      #expect(route.pathFields.count == variables, "\(route.pattern)")
      #expect(["GET", "POST", "PUT", "PATCH", "DELETE"].contains(route.method))
      #expect(!route.service.isEmpty && !route.rateClass.isEmpty)
    }
  }
}
