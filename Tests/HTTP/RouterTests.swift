import HTTP
import Testing

@Suite struct RouterTests {
  private func router(_ routes: (HTTPMethod, String)...) throws -> Router<String> {
    let router = Router<String>()
    for (method, pattern) in routes { try router.add(method, pattern, "\(method) \(pattern)") }
    return router
  }

  /// What a match says, in words.
  private func match(_ router: Router<String>, _ method: HTTPMethod, _ path: String) -> String {
    Array(path.utf8).withUnsafeBytes { raw in
      switch router.match(method, raw) {
      case .found(let value, let captures):
        let texts = (0..<captures.count).map {
          String(decoding: captures.bytes($0, in: raw), as: UTF8.self)
        }
        return ([value] + texts).joined(separator: " | ")
      case .methodNotAllowed(let allow): return "405 \(allow)"
      case .notFound: return "404"
      }
    }
  }

  @Test func findsLiteralsAndVariables() throws {
    let router = try router(
      (.get, "/"), (.get, "/api/v1/rooms"), (.get, "/api/v1/rooms/{id}"),
      (.put, "/api/v1/rooms/{id}/members/{user_id}"))
    #expect(match(router, .get, "/") == "get /")
    #expect(match(router, .get, "/api/v1/rooms") == "get /api/v1/rooms")
    #expect(match(router, .get, "/api/v1/rooms/42") == "get /api/v1/rooms/{id} | 42")
    #expect(
      match(router, .put, "/api/v1/rooms/a/members/b%20c")
        == "put /api/v1/rooms/{id}/members/{user_id} | a | b%20c")
  }

  @Test func toleratesOneTrailingSlash() throws {
    let router = try router((.get, "/a/{b}"), (.get, "/c"))
    #expect(match(router, .get, "/a/1/") == "get /a/{b} | 1")
    #expect(match(router, .get, "/c/") == "get /c")
    for path in ["/c//", "//c", "/a//", "/a/", "/a", "", "c", "/", "/C", "/c/d", "*"] {
      #expect(match(router, .get, path) == "404", "\(path)")
    }
  }

  @Test func aLiteralBeatsAVariable() throws {
    let router = try router(
      (.get, "/s/{id}"), (.post, "/s/start"), (.get, "/s/start/now"), (.get, "/s/{id}/logs"),
      (.get, "/{any}/start/{x}/end"))
    #expect(match(router, .get, "/s/1") == "get /s/{id} | 1")
    #expect(match(router, .post, "/s/start") == "post /s/start")
    #expect(match(router, .get, "/s/start") == "405 POST")
    #expect(match(router, .get, "/s/start/now") == "get /s/start/now")
  }

  @Test func goesBackToTheVariableWhereTheLiteralEnds() throws {
    let router = try router(
      (.get, "/s/start/now"), (.get, "/s/{id}/logs"), (.get, "/{any}/start/{x}/end"))
    #expect(match(router, .get, "/s/start/logs") == "get /s/{id}/logs | start")
    #expect(match(router, .get, "/s/start/1/end") == "get /{any}/start/{x}/end | s | 1")
    #expect(match(router, .get, "/s/start") == "404")
  }

  @Test func thePathDecidesBeforeTheMethod() throws {
    let router = try router((.get, "/a"), (.post, "/a"), (.delete, "/b"))
    #expect(match(router, .put, "/a") == "405 GET, HEAD, POST")
    #expect(match(router, .options, "/b") == "405 DELETE")
    #expect(match(router, .head, "/a") == "get /a")
    #expect(match(router, .head, "/b") == "405 DELETE")
  }

  @Test func anAliasIsServedUnderTheAPIToo() throws {
    let router = Router<Int>()
    try router.add(.post, "/users/login", alsoUnderAPI: true, 7)
    for path in ["/users/login", "/users/login/", "/api/users/login", "/api/users/login/"] {
      Array(path.utf8).withUnsafeBytes { raw in
        guard case .found(7, _) = router.match(.post, raw) else {
          Issue.record("\(path) is not found")
          return
        }
      }
    }
  }

  @Test func refusesWhatItCannotServe() throws {
    let router = Router<Int>()
    for pattern in ["", "a", "/a//b", "/{", "/{}", "/a{b}", "/a b", "/é", "/a?b"] {
      #expect(throws: RouterError.malformedPattern(pattern)) { try router.add(.get, pattern, 0) }
    }
    #expect(throws: RouterError.tooManyVariables("/{a}/{b}/{c}/{d}/{e}")) {
      try router.add(.get, "/{a}/{b}/{c}/{d}/{e}", 0)
    }
    try router.add(.get, "/x/{a}", 1)
    #expect(throws: RouterError.duplicateRoute("GET /x/{b}")) {
      try router.add(.get, "/x/{b}", 2)
    }
  }

  @Test func findsEachOfAThousandRoutes() throws {
    let router = Router<Int>()
    for index in 0..<1000 { try router.add(.get, "/r\(index % 50)/{id}/s\(index)", index) }
    for index in 0..<1000 {
      Array("/r\(index % 50)/x/s\(index)".utf8).withUnsafeBytes { raw in
        guard case .found(let value, _) = router.match(.get, raw) else {
          Issue.record("route \(index) is not found")
          return
        }
        #expect(value == index)
      }
    }
  }
}
