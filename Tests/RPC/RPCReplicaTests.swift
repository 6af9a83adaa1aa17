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
