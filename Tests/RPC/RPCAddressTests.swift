import EventLoop
import EventLoopTesting
import Network
import Testing
import Wire

@testable import RPC

extension OverSockets {
  /// Names that move, and names that are none.
  struct RPCAddressTests {
    @Test func addressesThatChangeAreFollowed() async throws {
      try await onLoop {
        let services = [TestService(), TestService()]
        let servers = [
          try await RPCFailureTests().server(on: 0, services[0]),
          try await RPCFailureTests().server(on: 0, services[1]),
        ]
        var current = 0
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "moving", port: 1)], secret: Pair.secret)
        client.lookUp = { _ in
          [try Resolver.numeric(.tcp(host: "127.0.0.1", port: servers[current].port))]
        }
        client.start()
        await eventually("it is connected") { client.isReady }
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
        let held = Task {
          try await client.call(TestService.hold, idempotent: false, [1], context)
        }
        await eventually("the first has a call") { services[0].held.count == 1 }
        current = 1
        client.resolve()
        _ = try await client.call(TestService.echo, idempotent: false, [2], context)
        await eventually("the second is connected") { servers[1].connectionCount == 1 }
        #expect(
          try await client.call(TestService.echo, idempotent: false, [2], context) == [2])
        #expect(services[1].begun >= 1)
        services[0].release()
        #expect(try await held.value == [1])
        await eventually("the first is left") { servers[0].connectionCount == 0 }
        client.close()
        for server in servers { server.close() }
      }
    }

    @Test func nameThatDoesNotResolveIsUnavailable() async throws {
      struct NoSuchName: Error {}
      try await onLoop {
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "nowhere", port: 1)], secret: Pair.secret)
        client.lookUp = { _ in throw NoSuchName() }
        client.start()
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: true, [], context)
        }
        #expect(error?.code == .unavailable)
        client.close()
      }
    }
  }
}
