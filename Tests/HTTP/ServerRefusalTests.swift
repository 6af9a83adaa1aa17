import HTTP
import Testing

@Suite struct ServerRefusalTests {
  @Test(arguments: [
    (request("Content-Length: x"), 400, "malformed_content_length"),
    (request(line: "BREW / HTTP/1.1"), 501, "unknown_method"),
    (request(line: "TRACE / HTTP/1.1"), 405, "forbidden_method"),
    (request(line: "GET / HTTP/3.0"), 505, "unsupported_version"),
    (request("Expect: tea"), 417, "unknown_expectation"),
    (
      request(line: "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1"), 414,
      "target_too_long"
    ),
    (request("A: \(String(repeating: "a", count: 33000))"), 431, "head_too_large"),
    (request("Transfer-Encoding: chunked") + "x\r\n", 400, "malformed_chunk_size"),
  ])
  func aRefusalIsAProblemAndTheEnd(text: String, status: Int, code: String) async throws {
    var configuration = HTTPServerConfiguration()
    var told: [HTTPParseError] = []
    configuration.makeRequestID = { "request-1" }
    configuration.refused = { told.append($0.error) }
    try await withServer(configuration) { server in
      let client = try await TestClient.connect(to: server)
      client.send(text + request())
      let answer = await client.answer()
      #expect(answer?.status == status)
      #expect(answer?.headers["content-type"] == "application/problem+json")
      #expect(answer?.headers["connection"] == "close")
      #expect(answer?.headers["x-request-id"] == "request-1")
      #expect(answer?.headers["x-content-type-options"] == "nosniff")
      #expect((answer?.headers["allow"] != nil) == (status == 405))
      #expect(answer?.body.contains("\"code\":\"\(code)\"") == true)
      #expect(answer?.body.contains("\"request_id\":\"request-1\"") == true)
      client.finishSending()
      await client.end()
      #expect(client.unreadBytes == 0, "nothing after a refusal is answered")
      #expect(told.map(\.rawValue) == [code])
      #expect(server.counts.refusals == 1)
    }
  }

  @Test func whatCameBeforeARefusalIsAnswered() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send(request(line: "GET /1 HTTP/1.1") + "GARBAGE\r\n\r\n")
      #expect(await client.answers(2).map(\.status) == [200, 400])
    }
  }

  @Test func aHeadHasAnAbsoluteDeadline() async throws {
    var configuration = HTTPServerConfiguration()
    configuration.headDeadline = .milliseconds(40)
    try await withServer(configuration) { server in
      let client = try await TestClient.connect(to: server)
      client.send("GET / HTTP/1.1\r\n")
      // Bytes trickle in all the time: that must not help.
      while client.unreadBytes == 0 {
        client.send("A: b\r\n")
        for _ in 0..<50 { await Task.yield() }
      }
      let answer = await client.answer()
      #expect(answer?.status == 408)
      #expect(answer?.body.contains("head_timeout") == true)
    }
  }

  @Test func aBodyHasADeadlineOfItsOwn() async throws {
    var configuration = HTTPServerConfiguration()
    configuration.bodyDeadline = .milliseconds(40)
    try await withServer(configuration) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("Content-Length: 10") + "12345")
      #expect(await client.answer()?.body.contains("body_timeout") == true)
      let other = try await TestClient.connect(to: server)
      other.send(request("Transfer-Encoding: chunked") + "5\r\n")
      #expect(await other.answer()?.status == 408)
    }
  }

  @Test func anIdleConnectionIsClosed() async throws {
    var configuration = HTTPServerConfiguration()
    configuration.idleLimit = .milliseconds(500)
    try await withServer(configuration) { server in
      let silent = try await TestClient.connect(to: server)
      let client = try await TestClient.connect(to: server)
      client.send(request())
      #expect(await client.answer()?.status == 200)
      await silent.end()
      await client.end()
      #expect(client.unreadBytes == 0)
      #expect(server.counts.connections == 0)
    }
  }

  @Test func whoDoesNotReadIsClosed() async throws {
    var configuration = HTTPServerConfiguration()
    configuration.idleLimit = .seconds(1)
    let large = [UInt8](repeating: 0x61, count: 16 << 20)
    try await withServer(configuration, handler: { _ in HTTPResponse(body: large) }) { server in
      let client = try await TestClient.connect(to: server)
      client.pauseReading()
      client.send(request())
      while server.counts.requests == 0 { await Task.yield() }
      while server.counts.connections > 0 { await Task.yield() }
    }
  }

  @Test func aDrainFinishesWhatIsInFlight() async throws {
    let gate = TestGate()
    let handler: HTTPServer.Handler = { request in
      await gate.pass()
      return describe(request)
    }
    try await withServer(handler: handler) { server in
      let busy = try await TestClient.connect(to: server)
      let idle = try await TestClient.connect(to: server)
      busy.send(request(line: "GET /1 HTTP/1.1") + request(line: "GET /2 HTTP/1.1"))
      await gate.arrived(1)
      while server.counts.connections < 2 { await Task.yield() }
      var isDrained = false
      Task {
        await server.drain(deadline: .seconds(5))
        isDrained = true
      }
      await idle.end()
      #expect(!isDrained)
      gate.open()
      let answer = await busy.answer()
      #expect(answer?.body == "GET /1 []")
      #expect(answer?.headers["connection"] == "close")
      busy.finishSending()
      await busy.end()
      while !isDrained { await Task.yield() }
      #expect(server.counts.connections == 0)
    }
  }

  @Test func whoLeavesServesOnAndEndsEachConnection() async throws {
    try await withServer(handler: { describe($0) }) { server in
      let known = try await TestClient.connect(to: server)
      server.leave()
      let new = try await TestClient.connect(to: server)
      for client in [known, new] {
        client.send(request())
        let answer = await client.answer()
        #expect(answer?.status == 200)
        #expect(answer?.headers["connection"] == "close")
        client.finishSending()
        await client.end()
      }
    }
  }

  @Test func aDrainEndsAtItsDeadline() async throws {
    let handler: HTTPServer.Handler = { request in
      while !Task.isCancelled { await Task.yield() }
      return describe(request)
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request())
      while server.counts.handling == 0 { await Task.yield() }
      await server.drain(deadline: .milliseconds(30))
      #expect(server.counts.connections == 0)
      await client.end()
    }
  }
}
