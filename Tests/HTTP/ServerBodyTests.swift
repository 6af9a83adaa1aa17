import HTTP
import Testing

@Suite struct ServerBodyTests {
  @Test func bodiesReachTheHandler() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("Content-Length: 5") + "hel")
      for _ in 0..<10 { await Task.yield() }
      client.send("lo")
      #expect(await client.answer()?.body == "POST /x [hello]")
    }
  }

  @Test func chunksAreJoined() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      let chunks = "5;a=b\r\nhello\r\n3\r\n !!\r\n0\r\nT: r\r\n\r\n"
      let chunked = request("Transfer-Encoding: chunked") + chunks
      client.send(chunked + chunked + request(line: "GET / HTTP/1.1"))
      let bodies = await client.answers(3).map(\.body)
      #expect(bodies == ["POST /x [hello !!]", "POST /x [hello !!]", "GET / []"])
      for byte in chunked {
        client.send(String(byte))
        await Task.yield()
      }
      #expect(await client.answer()?.body == "POST /x [hello !!]")
      client.send(request("Transfer-Encoding: chunked") + "0\r\n\r\n")
      #expect(await client.answer()?.body == "POST /x []")
    }
  }

  @Test func aLargeBodyArrivesWhole() async throws {
    let handler: HTTPServer.Handler = { request in
      let sum = request.body.reduce(0) { $0 &+ Int($1) }
      return HTTPResponse(body: Array("\(request.body.count) \(sum)".utf8))
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      let body = String(repeating: "abcdefgh", count: 128 << 10)
      let answer = "\(1 << 20) \((97...104).reduce(0, +) * (128 << 10))"
      client.send(request("Content-Length: \(1 << 20)") + body)
      #expect(await client.answer()?.body == answer)
      client.send(request("Transfer-Encoding: chunked"))
      for _ in 0..<16 { client.send("10000\r\n\(body.prefix(65536))\r\n") }
      client.send("0\r\n\r\n")
      #expect(await client.answer()?.body == answer)
    }
  }

  @Test(arguments: ["Content-Length: 3", "Transfer-Encoding: chunked"])
  func tellsTheClientToContinue(framing: String) async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("Expect: 100-continue", framing))
      #expect(await client.answer()?.status == 100)
      client.send(framing.hasPrefix("C") ? "abc" : "3\r\nabc\r\n0\r\n\r\n")
      #expect(await client.answer()?.body == "POST /x [abc]")
      client.send(request("Expect: 100-continue", "Content-Length: 3") + "abc")
      #expect(await client.answer()?.body == "POST /x [abc]")
    }
  }

  @Test func aBodyOfTheLimitIsTaken() async throws {
    try await withServer(bodyLimit: 8) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("Content-Length: 8") + "12345678")
      #expect(await client.answer()?.status == 200)
      client.send(request("Content-Length: 9", "Expect: 100-continue"))
      let answer = await client.answer()
      #expect(answer?.status == 413)
      #expect(answer?.headers["connection"] == "close")
      client.finishSending()
      await client.end()
    }
  }

  @Test func chunksPastTheLimitAreRefused() async throws {
    try await withServer(bodyLimit: 8) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("Transfer-Encoding: chunked") + "5\r\nhello\r\n4\r\n")
      #expect(await client.answer()?.status == 413)
      client.finishSending()
      await client.end()
    }
  }

  @Test func theAnswerArrivesThoughTheBodyIsNotRead() async throws {
    try await withServer { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("Content-Length: 4000000") + String(repeating: "x", count: 4_000_000))
      #expect(await client.answer()?.status == 413)
      client.finishSending()
      await client.end()
    }
  }
}
