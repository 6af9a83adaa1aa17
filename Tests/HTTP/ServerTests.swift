import HTTP
import Testing

@Suite struct ServerTests {
  @Test func answersARequest() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send("GET /a/b?c=d HTTP/1.1\r\nHost: focal.test\r\n\r\n")
      let answer = await client.answer()
      #expect(answer?.status == 200)
      #expect(answer?.body == "GET /a/b?c=d []")
      #expect(answer?.headers["content-type"] == "text/plain")
      #expect(answer?.headers["x-content-type-options"] == "nosniff")
      #expect(answer?.headers["date"]?.hasSuffix(" GMT") == true)
      #expect(answer?.headers["server"] == nil)
      #expect(answer?.headers["connection"] == nil)
      #expect(server.counts.requests == 1)
      #expect(server.counts.connections == 1)
    }
  }

  @Test func keepsTheConnection() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      for index in 0..<5 {
        client.send(request(line: "GET /\(index) HTTP/1.1"))
        #expect(await client.answer()?.body == "GET /\(index) []")
      }
      #expect(server.listeners[0].accepted == 1)
    }
  }

  @Test(arguments: [false, true])
  func answersPipelinedRequestsInOrder(waits: Bool) async throws {
    let handler: HTTPServer.Handler = { request in
      if waits { await Task.yield() }
      return describe(request)
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      let post = request("Content-Length: 4", line: "POST /p HTTP/1.1")
      var text = ""
      var expected: [String] = []
      for index in 100..<150 {
        text += request(line: "GET /\(index) HTTP/1.1") + post + "b\(index)"
        expected += ["GET /\(index) []", "POST /p [b\(index)]"]
      }
      client.send(text)
      #expect(await client.answers(100).map(\.body) == expected)
    }
  }

  @Test func anImmediateAnswerNeedsNoHandler() async throws {
    let immediate: (HTTPRequest) -> HTTPResponse? = { request in
      request.path.count == 2 ? HTTPResponse(status: 202) : nil
    }
    try await withServer(immediate: immediate) { server in
      let client = try await TestClient.connect(to: server)
      client.send(["/a", "/bb", "/c"].map { request(line: "GET \($0) HTTP/1.1") }.joined())
      #expect(await client.answers(3).map(\.status) == [202, 200, 202])
    }
  }

  @Test func aHeadRequestGetsTheHeadersAlone() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send(request(line: "HEAD /a HTTP/1.1") + request(line: "GET /b HTTP/1.1"))
      let head = await client.answer(isHead: true)
      #expect(head?.headers["content-length"] == "10")
      #expect(await client.answer()?.body == "GET /b []")
    }
  }

  @Test func someAnswersHaveNoBody() async throws {
    try await withServer(handler: { _ in HTTPResponse(status: 204, body: [1]) }) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request() + request())
      let answers = await client.answers(2)
      #expect(answers.map(\.status) == [204, 204])
      #expect(answers[0].headers["content-length"] == nil)
    }
  }

  @Test func optionsReachTheHandler() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send(request(line: "OPTIONS * HTTP/1.1"))
      #expect(await client.answer()?.body == "OPTIONS * []")
    }
  }

  @Test func aHandlersHeadersGoOut() async throws {
    let handler: HTTPServer.Handler = { _ in
      HTTPResponse(
        headers: [
          ("Retry-After", "5"), ("X-Evil", "a\r\nX-Injected: b"), ("Content-Length", "99"),
          ("transfer-encoding", "chunked"), ("Connection", "close"),
        ], body: Array("ok".utf8))
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request())
      let headers = await client.answer()?.headers ?? [:]
      #expect(headers["retry-after"] == "5")
      #expect(headers["x-evil"] == "a  X-Injected: b")
      #expect(headers["x-injected"] == nil)
      #expect(headers["content-length"] == "2")
      #expect(headers["transfer-encoding"] == nil)
      #expect(headers["connection"] == nil)
    }
  }

  @Test func theHandlerReadsTheFields() async throws {
    let handler: HTTPServer.Handler = { request in
      let single = request.header("x-one") ?? "nil"
      let list = request.headers("X-List").joined(separator: "+")
      let text = "\(single) \(list) \(request.header("x-none") ?? "nil")"
      return HTTPResponse(body: Array(text.utf8))
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("X-ONE: 1", "x-list: a", "X-List: b"))
      #expect(await client.answer()?.body == "1 a+b nil")
    }
  }

  @Test func closesWhenAskedTo() async throws {
    try await withServer { server in
      for line in ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close", "GET / HTTP/1.0"] {
        let client = try await TestClient.connect(to: server)
        client.send(line + "\r\n\r\n")
        let answer = await client.answer()
        #expect(answer?.status == 200)
        #expect(answer?.headers["connection"] == "close")
        await client.end()
      }
    }
  }

  @Test func tellsAnOldClientThatItKeepsTheConnection() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(await client.answer()?.headers["connection"] == "keep-alive")
      client.send("GET / HTTP/1.0\r\n\r\n")
      #expect(await client.answer()?.headers["connection"] == "close")
      await client.end()
    }
  }

  @Test func answersAClientThatHasFinishedSending() async throws {
    let gate = TestGate()
    let handler: HTTPServer.Handler = { request in
      await gate.pass()
      return describe(request)
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request(line: "GET /1 HTTP/1.1") + request(line: "GET /2 HTTP/1.1"))
      await gate.arrived(1)
      client.finishSending()
      for _ in 0..<10 { await Task.yield() }
      gate.open()
      #expect(await client.answers(2).map(\.body) == ["GET /1 []", "GET /2 []"])
      await client.end()
    }
  }

  @Test func aHandlerIsCancelledWhenItsClientIsGone() async throws {
    let gate = TestGate()
    var wasCancelled = false
    let handler: HTTPServer.Handler = { request in
      await gate.pass()
      while !Task.isCancelled { await Task.yield() }
      wasCancelled = true
      return describe(request)
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request())
      gate.open()
      await gate.arrived(1)
      client.reset()
      while !wasCancelled { await Task.yield() }
      while server.counts.connections > 0 || server.counts.handling > 0 { await Task.yield() }
    }
  }

  @Test func aRequestThatIsKeptIsEmpty() async throws {
    var kept: HTTPRequest?
    let handler: HTTPServer.Handler = { request in
      if kept == nil { kept = request }
      return describe(request)
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("X-A: b") + request("X-A: b", line: "GET /2 HTTP/1.1"))
      #expect(await client.answers(2).last?.body == "GET /2 []")
      #expect(kept?.path.isEmpty == true)
      #expect(kept?.header("x-a") == nil)
    }
  }

  @Test func aSlowReaderHoldsBackOnlyItself() async throws {
    let large = [UInt8](repeating: 0x61, count: 1 << 20)
    var handled = 0
    let handler: HTTPServer.Handler = { _ in
      handled += 1
      return HTTPResponse(body: large)
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.pauseReading()
      client.send(String(repeating: request(), count: 40))
      let other = try await TestClient.connect(to: server)
      for _ in 0..<3 {
        other.send(request())
        #expect(await other.answer()?.body.utf8.count == large.count)
      }
      #expect(handled < 40)
      client.resumeReading()
      #expect(await client.answers(40).count == 40)
      #expect(handled == 43)
    }
  }
}
