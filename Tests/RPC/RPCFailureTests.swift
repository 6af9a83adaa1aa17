import EventLoop
import EventLoopTesting
import Network
import Testing
import Wire

@testable import RPC

extension OverSockets {
  /// Servers that go, come back, drain, or never were there.
  struct RPCFailureTests {
    func server(
      on port: UInt16, _ service: TestService, secret: Secret = Pair.secret
    ) async throws -> RPCServer {
      let server = RPCServer(
        listen: .tcp(host: "127.0.0.1", port: port), service: "test", instance: "again",
        secret: secret, dispatchers: [service])
      try await server.start()
      return server
    }

    @Test func callsInFlightFailAtOnceWhenTheServerDies() async throws {
      try await onLoop {
        let pair = try await Pair()
        let calls = (0..<20).map { _ in Task { try await pair.call(TestService.hold) } }
        await eventually("they are held") { pair.service.held.count == 20 }
        let start = ContinuousClock.now
        pair.server.close()
        for call in calls {
          #expect(await rpcError { try await call.value }?.code == .unavailable)
        }
        #expect(start.duration(to: .now) < .milliseconds(100))
        pair.close()
      }
    }

    @Test func callsToAServerKnownToBeAwayFailSoon() async throws {
      try await onLoop {
        let pair = try await Pair()
        _ = try await pair.call(TestService.echo)
        pair.server.close()
        await eventually("the client knows") { !pair.client.isReady }
        for _ in 0..<5 {
          let start = ContinuousClock.now
          let error = await rpcError { try await pair.call(TestService.echo) }
          #expect(error?.code == .unavailable && error?.retryAfter != nil)
          #expect(start.duration(to: .now) < .milliseconds(150))
        }
        pair.close()
      }
    }

    @Test func serverThatNeverWasIsUnavailable() async throws {
      try await onLoop {
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "127.0.0.1", port: 1)], secret: Pair.secret)
        client.start()
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
        let start = ContinuousClock.now
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: true, [], context)
        }
        #expect(error?.code == .unavailable)
        #expect(start.duration(to: .now) < .milliseconds(1200))
        client.close()
      }
    }

    @Test func allHealsWhenTheServerIsBack() async throws {
      try await onLoop {
        let pair = try await Pair()
        var ready = 0
        pair.client.onReady = { ready += 1 }
        _ = try await pair.call(TestService.echo)
        let port = pair.server.port
        pair.server.close()
        await eventually("the client knows") { !pair.client.isReady }
        let second = try await server(on: port, pair.service)
        await eventually("the client is back") { pair.client.isReady }
        #expect(ready == 1)
        #expect(try await pair.call(TestService.echo, [2]) == [2])
        second.close()
        pair.close()
      }
    }

    @Test func idempotentCallIsMadeAgainAtAnotherServer() async throws {
      try await onLoop {
        let first = TestService()
        let second = TestService()
        let servers = [try await server(on: 0, first), try await server(on: 0, second)]
        let client = RPCClient(
          service: "test",
          addresses: servers.map { .tcp(host: "127.0.0.1", port: $0.port) },
          secret: Pair.secret)
        client.start()
        await eventually("both are connected") { client.connectionCount == 2 }
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
        func hold(idempotent: Bool) -> Task<[UInt8], any Error> {
          Task {
            try await client.call(TestService.hold, idempotent: idempotent, [1], context)
          }
        }
        // With four calls both servers have some.
        let safe = [hold(idempotent: true), hold(idempotent: true)]
        let unsafe = [hold(idempotent: false), hold(idempotent: false)]
        await eventually("all are held") { first.held.count + second.held.count == 4 }
        let kept = second.held.count
        #expect(kept == 2)
        servers[0].close()
        await eventually("lost idempotent ones came again") { second.held.count > kept - 1 }
        await eventually("the client knows") { client.connectionCount == 1 }
        var unavailable = 0
        let release = Task {
          while !Task.isCancelled {
            second.release()
            await Task.yield()
          }
        }
        for call in safe { #expect(try await call.value == [1]) }
        for call in unsafe {
          do { #expect(try await call.value == [1]) } catch { unavailable += 1 }
        }
        release.cancel()
        #expect(second.begun + unavailable == 4)
        first.release()
        client.close()
        servers[1].close()
      }
    }

    @Test func drainAnswersWhatIsInFlightAndRefusesTheRest() async throws {
      try await onLoop {
        let pair = try await Pair()
        let call = Task { try await pair.call(TestService.hold, [3]) }
        await eventually("the call is held") { !pair.service.held.isEmpty }
        let drain = Task { await pair.server.drain(deadline: .seconds(5)) }
        await eventually("the client knows") { !pair.client.isReady }
        #expect(await rpcError { try await pair.call(TestService.echo) }?.code == .unavailable)
        pair.service.release()
        #expect(try await call.value == [3])
        await drain.value
        #expect(pair.server.connectionCount == 0)
        pair.close()
      }
    }

    @Test func drainOfAnIdleServerTakesNoTime() async throws {
      try await onLoop {
        let pair = try await Pair()
        _ = try await pair.call(TestService.echo)
        let start = ContinuousClock.now
        await pair.server.drain(deadline: .seconds(5))
        #expect(start.duration(to: .now) < .milliseconds(400))
        pair.close()
      }
    }

    @Test func drainCutsOffWhatDoesNotEnd() async throws {
      try await onLoop {
        let pair = try await Pair()
        let call = Task { try await pair.call(TestService.hold) }
        await eventually("the call is held") { !pair.service.held.isEmpty }
        await pair.server.drain(deadline: .milliseconds(50))
        #expect(await rpcError { try await call.value }?.code == .unavailable)
        await eventually("the server's task is cancelled") { pair.service.cancelled == 1 }
        pair.close()
      }
    }

    @Test func rollingRestartLosesNoCall() async throws {
      try await onLoop {
        let services = [TestService(), TestService()]
        var servers = [try await server(on: 0, services[0]), try await server(on: 0, services[1])]
        let ports = servers.map(\.port)
        let client = RPCClient(
          service: "test", addresses: ports.map { .tcp(host: "127.0.0.1", port: $0) },
          secret: Pair.secret)
        client.start()
        await eventually("both are connected") { client.connectionCount == 2 }
        var isOver = false
        let callers = (0..<8).map { _ in
          Task {
            var count = 0
            while !isOver {
              let context = CallContext(
                deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
              _ = try await client.call(TestService.yielding, idempotent: false, [1], context)
              count += 1
            }
            return count
          }
        }
        for index in 0..<2 {
          await servers[index].drain(deadline: .seconds(5))
          servers[index] = try await server(on: ports[index], services[index])
          await eventually("both are connected again") { client.connectionCount == 2 }
        }
        isOver = true
        for caller in callers { #expect(try await caller.value > 0) }
        client.close()
        for server in servers { server.close() }
      }
    }

    @Test func wrongSecretConnectsNowhere() async throws {
      try await onLoop {
        let service = TestService()
        let server = try await server(on: 0, service, secret: Secret("some other secret entirely"))
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "127.0.0.1", port: server.port)],
          secret: Pair.secret)
        client.start()
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: false, [], context)
        }
        #expect(error?.code == .unavailable && service.begun == 0)
        client.close()
        server.close()
      }
    }

    @Test func closedClientFailsItsCalls() async throws {
      try await onLoop {
        let pair = try await Pair()
        let call = Task { try await pair.call(TestService.hold) }
        await eventually("the call is held") { !pair.service.held.isEmpty }
        pair.client.close()
        #expect(await rpcError { try await call.value }?.code == .unavailable)
        #expect(await rpcError { try await pair.call(TestService.echo) }?.code == .unavailable)
        await eventually("the server's task is cancelled") { pair.service.cancelled == 1 }
        pair.close()
      }
    }
  }
}
