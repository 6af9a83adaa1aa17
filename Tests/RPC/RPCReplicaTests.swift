import EventLoop
import EventLoopTesting
import Network
import Testing
import Wire

@testable import RPC

extension OverSockets {
  /// Several processes of one service.
  struct RPCReplicaTests {
    private static func context(within limit: Duration = .seconds(5)) -> CallContext {
      CallContext(deadlineNanoseconds: Deadline.after(limit).nanoseconds, requestID: "r")
    }

    @Test func whoIsBackIsFoundAtOnceWhenThereIsNews() async throws {
      try await onLoop {
        let first = try await RPCFailureTests().server(on: 0, TestService())
        let port = first.port
        first.close()
        var limits = RPCLimits()
        limits.backoffMin = .seconds(60)
        limits.backoffMax = .seconds(60)
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "127.0.0.1", port: port)], secret: Pair.secret,
          limits: limits)
        client.start()
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: true, [], Self.context())
        }
        #expect(error?.code == .unavailable)
        let second = try await RPCFailureTests().server(on: port, TestService())
        client.hurry()
        await eventually("it is connected") { client.isReady }
        client.close()
        second.close()
      }
    }

    @Test func aCallWaitsForTheSuccessorOfWhoSaidGoodbye() async throws {
      try await onLoop {
        let first = try await RPCFailureTests().server(on: 0, TestService())
        let second = try await RPCFailureTests().server(on: 0, TestService())
        var limits = RPCLimits()
        // Longer than this test: only the goodbye makes it look again.
        limits.resolveInterval = .seconds(600)
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "replicas", port: 1)], secret: Pair.secret,
          limits: limits)
        var named = first.port
        var lookUps = 0
        client.lookUp = { _ in
          lookUps += 1
          // A name server takes longer than the patience with who is known to be away.
          if lookUps > 1 { try await Task.sleep(for: limits.reconnectPatience * 3) }
          return [try Resolver.numeric(.tcp(host: "127.0.0.1", port: named))]
        }
        client.start()
        await eventually("it is connected") { client.isReady }
        named = second.port
        await first.drain(deadline: .seconds(5))
        for _ in 0..<3 {
          _ = try await client.call(TestService.echo, idempotent: false, [], Self.context())
        }
        #expect(lookUps == 2)
        client.close()
        second.close()
      }
    }

    @Test func nobodyWaitsLongForWhoSaidGoodbyeWithoutSuccessor() async throws {
      try await onLoop {
        let first = try await RPCFailureTests().server(on: 0, TestService())
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "127.0.0.1", port: first.port)],
          secret: Pair.secret)
        client.start()
        await eventually("it is connected") { client.isReady }
        await first.drain(deadline: .seconds(5))
        let start = EventLoop.shared.clock
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: true, [], Self.context())
        }
        #expect(error?.code == .unavailable)
        #expect(EventLoop.shared.clock - start < 900_000_000)
        client.close()
      }
    }

    @Test func whoDoesNotAnswerIsAskedNoMoreWhileAnotherDoes() async throws {
      try await onLoop {
        let services = [TestService(), TestService()]
        let servers = [
          try await RPCFailureTests().server(on: 0, services[0]),
          try await RPCFailureTests().server(on: 0, services[1]),
        ]
        let client = RPCClient(
          service: "test",
          addresses: servers.map { .tcp(host: "127.0.0.1", port: $0.port) }, secret: Pair.secret)
        client.start()
        await eventually("both are connected") { client.connectionCount == 2 }
        let error = await rpcError {
          try await client.call(
            TestService.hold, idempotent: true, [], Self.context(within: .milliseconds(20)))
        }
        #expect(error?.code == .deadlineExceeded)
        for _ in 0..<50 {
          _ = try await client.call(TestService.echo, idempotent: true, [], Self.context())
        }
        #expect(services.map(\.begun).sorted() == [1, 50])
        client.close()
        for service in services { service.release() }
        for server in servers { server.close() }
      }
    }
  }
}
