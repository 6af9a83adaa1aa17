import EventLoop
import EventLoopTesting
import Testing

@testable import Network

/// Sends back what it receives, and closes on `!`.
private final class TLSEcho: Connection {
  override func received() {
    let ends = input.readableBytes.last == UInt8(ascii: "!")
    output.append(input.readableBytes)
    input.consume(input.count)
    if ends { closeAfterFlush() } else { send() }
  }
}

private final class TLSCollector: Connection {
  var bytes: [UInt8] = []
  var end: (any Error)??

  override func received() {
    bytes += Array(input.readableBytes)
    input.consume(input.count)
  }

  override func closed(_ error: (any Error)?) { end = .some(error) }
}

struct TLSConnectionTests {
  private func listener() throws -> Listener {
    let context = try TLSPair.serverContext()
    return try Listener(
      Resolver.numeric(Address(parsing: "127.0.0.1:0")), connectionLimit: 100
    ) { descriptor, peer in
      guard let session = try? context.session() else { return nil }
      return TLSEcho(descriptor: descriptor, peer: peer, tls: session)
    }
  }

  private func connect(
    _ listener: Listener, _ context: TLSContext? = nil, plain: Bool = false
  ) async throws -> TLSCollector {
    let address = listener.localAddress
    let descriptor = try await Connection.connect(to: address, deadline: .after(.seconds(5)))
    let session = try (context ?? TLSPair.clientContext()).session(serverName: "127.0.0.1")
    return TLSCollector(descriptor: descriptor, peer: address, tls: plain ? nil : session)
  }

  private func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
  }

  @Test(arguments: [1, 4096, 3 << 20])
  func bytesComeBackAsTheyWereSent(_ count: Int) async throws {
    try await onLoop {
      let listener = try listener()
      let client = try await connect(listener)
      let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) & 0x1F }
      client.output.append(sent)
      client.send()
      await until { client.bytes.count >= count || client.isClosed }
      #expect(client.bytes == sent)
      client.close()
      await until { listener.openConnections == 0 }
      listener.close()
    }
  }

  @Test func manyTurnsOfQuestionAndAnswer() async throws {
    try await onLoop {
      let listener = try listener()
      let client = try await connect(listener)
      for round in 1...200 {
        client.output.append("ping")
        client.send()
        await until { client.bytes.count == round * 4 }
      }
      #expect(client.tls?.negotiatedProtocol == "http/1.1")
      client.close()
      listener.close()
    }
  }

  @Test func serverClosesAfterItsLastByte() async throws {
    try await onLoop {
      let listener = try listener()
      let client = try await connect(listener)
      client.output.append("the end!")
      client.send()
      await until { client.end != nil }
      #expect(client.bytes == Array("the end!".utf8))
      #expect(client.tls?.peerHasShutDown == true)
      listener.close()
    }
  }

  @Test func strangersAreClosedAndOthersServed() async throws {
    try await onLoop {
      let listener = try listener()
      let plain = try await connect(listener, plain: true)
      plain.output.append("GET / HTTP/1.1\r\n\r\n")
      plain.send()
      await until { plain.end != nil }
      let distrustful = try await connect(listener, TLSPair.clientContext(authority: "other.pem"))
      await until { distrustful.end != nil }
      #expect(distrustful.end as? TLSError != nil)
      let friend = try await connect(listener)
      friend.output.append("hello")
      friend.send()
      await until { friend.bytes.count == 5 }
      friend.close()
      await until { listener.openConnections == 0 }
      listener.close()
    }
  }
}
