import EventLoop
import EventLoopTesting
import HTTP
import Testing
import WebSocket

/// Time, and peers that do not read.
@Suite struct SocketBoundsTests {
  @Test func aSlowReaderIsDroppedAndTheOthersAreNot() async throws {
    try await withSockets { server in
      let slow = try await SocketClient.connect(to: server)
      let fast = try await SocketClient.connect(to: server)
      slow.pauseReading()
      let frame = EncodedFrame(text: String(repeating: "x", count: 10_000))
      var sent = 0
      while server.open[0].isOpen {
        for socket in server.open where socket.send(frame) && socket === server.open[1] {
          sent += 1
        }
        await until { fast.replies.count == sent }
        #expect(server.open[0].queuedBytes <= 256 << 10)
      }
      await until { server.ends.count == 1 }
      #expect(server.ends[0].cause == .slow)
      #expect(server.ends[0].code == .tryAgainLater)
      #expect(server.open[1].send(frame))
      await until { fast.replies.count == sent + 1 }
      #expect(server.sockets.counts.slow == 1)
      // Who reads at last gets what was queued, and then the reason.
      slow.resumeReading()
      await until { slow.replies.last == .close(1013) }
      fast.close()
    }
  }

  @Test func muchInOneTurnIsNotSlow() async throws {
    try await withSockets { server in
      let client = try await SocketClient.connect(to: server)
      let frame = EncodedFrame(text: String(repeating: "x", count: 50_000))
      for _ in 0..<6 { #expect(server.open[0].send(frame)) }
      await until { client.replies.count == 6 }
      client.close()
    }
  }

  @Test func pingsThatNobodyHearsAreNotAnsweredForever() async throws {
    try await withSockets { server in
      let client = try await SocketClient.connect(to: server)
      client.pauseReading()
      let flood = (0..<100).flatMap { _ in ping(String(repeating: "x", count: 125)) }
      var turns = 0
      while client.queuedBytes < 4 << 20, turns < 20_000 {
        client.send(flood)
        turns += 1
        await Task.yield()
        #expect(server.open[0].queuedBytes < 256 << 10)
      }
      #expect(server.open[0].isReadingPaused)
      client.close()
    }
  }

  @Test func whoIsSilentIsPingedAndWhoAnswersStays() async throws {
    try await withSockets {
      $0.pingInterval = .milliseconds(100)
      $0.silenceLimit = .milliseconds(350)
    } _: { server in
      let alive = try await SocketClient.connect(to: server)
      let dead = try await SocketClient.connect(to: server)
      dead.answersPings = false
      await until { dead.isAtEnd }
      #expect(dead.replies.count { $0 == .ping } >= 2)
      #expect(alive.replies.count { $0 == .ping } >= 2)
      #expect(server.open[0].isOpen)
      await until { server.ends.count == 1 }
      #expect(server.ends[0].cause == .lost)
      alive.close()
    }
  }

  @Test func whoDoesNotAnswerOurCloseIsCut() async throws {
    try await withSockets {
      $0.closeDeadline = .milliseconds(50)
    } _: { server in
      let client = try await SocketClient.connect(to: server)
      server.open[0].close(4403)
      await until { client.isAtEnd }
      #expect(client.replies == [.close(4403)])
      #expect(server.sockets.counts.connections == 0)
    }
  }

  @Test func drainingTellsEverySocket() async throws {
    try await withSockets {
      $0.closeDeadline = .milliseconds(50)
    } _: { server in
      let polite = try await SocketClient.connect(to: server)
      let rude = try await SocketClient.connect(to: server)
      let drained = Task { await server.sockets.drain(deadline: .seconds(5)) }
      await until { polite.replies == [.close(1001)] }
      polite.send(closing(1001))
      await drained.value
      #expect(server.sockets.counts.connections == 0)
      await until { rude.isAtEnd && polite.isAtEnd }
      #expect(rude.replies == [.close(1001)])
      // Who comes now is told at once.
      let late = try await SocketClient.connect(to: server)
      await until { late.replies == [.close(1001)] }
      late.close()
      // HTTP does not wait for sockets.
      await server.http.drain(deadline: .seconds(5))
    }
  }
}
