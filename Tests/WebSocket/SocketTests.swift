import EventLoopTesting
import HTTP
import Testing
import WebSocket

@Suite struct SocketTests {
  @Test func everyCaseOverARealSocket() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("WebSocket pieces: seed \(seed)")
    try await withSockets { server in
      var random = SeededGenerator(seed: seed)
      let cases =
        FramingCases.all + TextCases.all + CloseCases.all + CompressionCases.all
      for testCase in cases { try await self.play(testCase, server, &random) }
      await until { server.sockets.counts.connections == 0 }
      #expect(server.ends.count == cases.count)
      #expect(server.http.counts.connections == 0)
    }
  }

  private func play(
    _ testCase: FrameCase, _ server: EchoServer, _ random: inout SeededGenerator
  ) async throws {
    let client = try await SocketClient.connect(
      to: server, extensions: testCase.isCompressed ? "permessage-deflate" : nil)
    #expect(client.head.contains("permessage-deflate") == testCase.isCompressed)
    var rest = testCase.input[...]
    for _ in 0..<3 where rest.count > 1 {
      let count = Int.random(in: 1..<rest.count, using: &random)
      client.send(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
      await Task.yield()
    }
    client.send(Array(rest))
    if testCase.isEnded {
      await until { client.isAtEnd }
      #expect(client.replies == testCase.replies, "\(testCase.name)")
    } else {
      await until { client.replies.count >= testCase.replies.count }
      #expect(client.replies == testCase.replies, "\(testCase.name)")
      client.send(closing(1000))
      await until { client.isAtEnd }
      #expect(client.replies.last == .close(1000), "\(testCase.name)")
    }
  }

  @Test func theAnswerSwitchesProtocols() async throws {
    try await withSockets { server in
      let client = try await SocketClient.connect(to: server)
      let lines = client.head.split(separator: "\r\n")
      #expect(lines[0] == "HTTP/1.1 101 Switching Protocols")
      #expect(lines.contains("Upgrade: websocket"))
      #expect(lines.contains("Connection: Upgrade"))
      #expect(lines.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
      #expect(!client.head.contains("Content-Length"))
      #expect(!client.head.contains("Extensions"))
      // HTTP knows it no more.
      #expect(server.http.counts.connections == 0)
      #expect(server.sockets.counts.connections == 1)
      client.close()
    }
  }

  @Test func whatFollowsTheRequestAtOnceIsNotLost() async throws {
    try await withSockets { server in
      let client = try await SocketClient.connect(to: server, behind: text("early") + ping("x"))
      await until { client.replies.count == 2 }
      #expect(Set(client.replies.map { "\($0)" }) == [#"text("early")"#, #"pong("x")"#])
      client.close()
    }
  }

  @Test func oneFrameServesAll() async throws {
    try await withSockets { server in
      let plain = try await SocketClient.connect(to: server)
      let small = try await SocketClient.connect(
        to: server, extensions: "permessage-deflate; server_max_window_bits=8")
      let deflating = try await SocketClient.connect(
        to: server, extensions: "permessage-deflate; client_max_window_bits")
      #expect(small.head.contains("; server_max_window_bits=8\r\n"))
      let words = String(repeating: "timer_update ", count: 100)
      let frame = EncodedFrame(text: words)
      for socket in server.open { #expect(socket.send(frame)) }
      for client in [plain, small, deflating] {
        await until { client.replies.count == 1 }
        #expect(client.replies == [.text(words)])
        client.close()
      }
      #expect(server.open.map(\.isCompressed) == [false, true, true])
    }
  }

  @Test func aLostConnectionIsTold() async throws {
    try await withSockets { server in
      let client = try await SocketClient.connect(to: server)
      client.close()
      await until { server.ends.count == 1 }
      #expect(server.ends[0].cause == .lost)
      #expect(server.ends[0].code == .abnormal)
      #expect(!server.open[0].isOpen)
      #expect(!server.open[0].send(EncodedFrame(text: "x")))
    }
  }

  @Test func theOwnerCloses() async throws {
    try await withSockets { server in
      let client = try await SocketClient.connect(to: server)
      let socket = server.open[0]
      socket.send(EncodedFrame(text: "last"))
      socket.close(4401, reason: "the token has expired")
      socket.close(1000)
      // Not from within.
      #expect(server.ends.isEmpty)
      #expect(!socket.send(EncodedFrame(text: "too late")))
      await until { client.replies.count == 2 }
      #expect(client.replies == [.text("last"), .close(4401)])
      client.send(text("dropped") + closing(4401))
      await until { client.isAtEnd }
      #expect(server.ends == [SocketEnd(.owner, 4401, "the token has expired")])
    }
  }

  @Test func theOwnerMayCloseInItsHandler() async throws {
    try await withSockets { server in
      server.onMessage = { socket, message in
        guard case .binary(let bytes) = message else { return EchoServer.echo(socket, message) }
        socket.close(.unsupportedData, reason: "\(bytes.count) bytes")
      }
      let client = try await SocketClient.connect(to: server)
      client.send(frame(2, [1], isFinal: false) + frame(0, [2, 3]) + text("x") + closing(1003))
      await until { client.isAtEnd }
      #expect(client.replies == [.close(1003)])
      #expect(server.ends == [SocketEnd(.owner, 1003, "3 bytes")])
    }
  }

  @Test func thePeersReasonIsTold() async throws {
    try await withSockets { server in
      let client = try await SocketClient.connect(to: server)
      client.send(closing(4000, "bye"))
      await until { client.isAtEnd }
      #expect(server.ends == [SocketEnd(.peer, 4000, "bye")])
    }
  }
}
