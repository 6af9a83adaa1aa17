import EventLoop
import HTTP
import Network
import Testing

/// Another protocol: sends back what comes, in angle brackets.
private final class Bracketing: Connection {
  override func received() {
    output.append("<")
    output.append(input.readableBytes)
    output.append(">")
    input.clear()
    send()
  }
}

@Suite struct ServerUpgradeTests {
  private func upgrade(_ take: @escaping @MainActor @Sendable (Connection) -> Void) -> HTTPResponse
  {
    var response = HTTPResponse(status: 101, headers: [("Upgrade", "brackets")])
    response.upgrade = take
    return response
  }

  @Test(arguments: [false, true])
  func theConnectionIsHandedOver(handlerWaits: Bool) async throws {
    let gate = TestGate()
    if !handlerWaits { gate.open() }
    var taken: Bracketing?
    let handler: HTTPServer.Handler = { _ in
      await gate.pass()
      return self.upgrade { connection in
        let bracketing = Bracketing(takingOver: connection, limits: ConnectionLimits())
        if !bracketing.input.isEmpty { bracketing.received() }
        #expect(connection.isClosed)
        taken = bracketing
      }
    }
    try await withServer(handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request("Connection: Upgrade", "Upgrade: brackets") + "early")
      await gate.arrived(1)
      gate.open()
      let answer = await client.answer()
      #expect(answer?.status == 101)
      #expect(answer?.headers["connection"] == "Upgrade")
      #expect(answer?.headers["content-length"] == nil)
      let early = await client.take("<early>")
      #expect(early)
      client.send("later")
      let later = await client.take("<later>")
      #expect(later)
      #expect(server.counts.connections == 0)
      // Draining does not wait for what is HTTP's no more.
      await server.drain(deadline: .seconds(5))
      client.send("still")
      let still = await client.take("<still>")
      #expect(still)
      taken?.close()
      await client.end()
    }
  }

  @Test func aConnectionThatNobodyTakesIsClosed() async throws {
    try await withServer(handler: { _ in self.upgrade { _ in } }) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request())
      let answer = await client.answer()
      #expect(answer == nil || answer?.status == 101)
      await client.end()
      #expect(server.counts.connections == 0)
    }
  }

  @Test func theLimitOfConnectionsCountsThoseHandedOver() async throws {
    var configuration = HTTPServerConfiguration()
    configuration.connectionLimit = 1
    var taken: Bracketing?
    let handler: HTTPServer.Handler = { _ in
      self.upgrade { taken = Bracketing(takingOver: $0, limits: ConnectionLimits()) }
    }
    try await withServer(configuration, handler: handler) { server in
      let client = try await TestClient.connect(to: server)
      client.send(request())
      #expect(await client.answer()?.status == 101)
      let second = try await TestClient.connect(to: server)
      await second.end()
      taken?.close()
      await client.end()
      let third = try await TestClient.connect(to: server)
      third.send(request())
      #expect(await third.answer()?.status == 101)
      taken?.close()
    }
  }
}
