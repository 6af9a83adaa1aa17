import EventLoop
import EventLoopTesting
import Testing
import Wire

@testable import RPC

extension OverSockets {
  /// Calls over real sockets.
  struct RPCCallTests {
    @Test func answersComeBack() async throws {
      try await onLoop {
        let pair = try await Pair()
        #expect(try await pair.call(TestService.echo, [1, 2, 3]) == [1, 2, 3])
        #expect(try await pair.call(TestService.echo, []) == [])
        #expect(try await pair.call(TestService.yielding, [4]) == [4])
        pair.close()
      }
    }

    @Test func manyCallsShareOneConnection() async throws {
      try await onLoop {
        let pair = try await Pair()
        let calls = (0..<500).map { index in
          Task {
            let body = withUnsafeBytes(of: index) { Array($0) }
            let method = index % 2 == 0 ? TestService.echo : TestService.yielding
            return try await pair.call(method, body) == body
          }
        }
        for call in calls { #expect(try await call.value) }
        #expect(pair.server.connectionCount == 1)
        pair.close()
      }
    }

    @Test func contextGoesAlong() async throws {
      try await onLoop {
        let pair = try await Pair()
        let caller = Caller(userID: "user", sessionID: "session", role: .admin, scope: .write)
        let client = ClientInfo(ip: "203.0.113.9", userAgent: "curl/8")
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(3)).nanoseconds, requestID: "r-1",
          traceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", caller: caller,
          client: client)
        _ = try await pair.client.call(TestService.echo, idempotent: false, [], context)
        let seen = try #require(pair.service.contexts.last)
        #expect(seen.requestID == "r-1" && seen.traceParent == context.traceParent)
        #expect(seen.caller == caller && seen.client == client)
        let left = Deadline(nanoseconds: seen.deadlineNanoseconds).remaining
        #expect(left > .seconds(2) && left <= .seconds(3))
        pair.close()
      }
    }

    @Test func errorsKeepCodeReasonMessageViolationsAndRetryAfter() async throws {
      try await onLoop {
        let pair = try await Pair()
        let error = RPCError(
          .invalidArgument, "rules", "Two fields break rules.",
          violations: [FieldViolation(field: "email", code: "pattern", message: "is no address")],
          retryAfter: .seconds(2))
        pair.service.error = error
        #expect(await rpcError { try await pair.call(TestService.fail) } == error)
        pair.close()
      }
    }

    @Test func unknownErrorsAreHidden() async throws {
      struct Detail: Error { let password = "hunter2" }
      try await onLoop {
        let pair = try await Pair()
        pair.service.error = Detail()
        let error = try #require(await rpcError { try await pair.call(TestService.fail) })
        #expect(error.code == .internal && !"\(error)".contains("hunter2"))
        pair.close()
      }
    }

    @Test func unknownMethodIsUnimplemented() async throws {
      try await onLoop {
        let pair = try await Pair()
        #expect(await rpcError { try await pair.call(99) }?.code == .unimplemented)
        pair.close()
      }
    }

    @Test func deadlineEndsTheCallOnBothSides() async throws {
      try await onLoop {
        let pair = try await Pair()
        _ = try await pair.call(TestService.echo)
        let start = ContinuousClock.now
        let error = await rpcError {
          try await pair.call(TestService.hold, within: .milliseconds(60))
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(start.duration(to: .now) < .milliseconds(400))
        await eventually("the server's task is cancelled") { pair.service.cancelled == 1 }
        #expect(try await pair.call(TestService.echo, [5]) == [5])
        pair.close()
      }
    }

    @Test func passedDeadlineMakesNoCall() async throws {
      try await onLoop {
        let pair = try await Pair()
        _ = try await pair.call(TestService.echo)
        let late = CallContext(deadlineNanoseconds: 1, requestID: "r")
        let error = await rpcError {
          try await pair.client.call(TestService.echo, idempotent: true, [], late)
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(pair.service.begun == 1)
        pair.close()
      }
    }

    @Test func cancelledTaskCancelsTheCallOnTheServer() async throws {
      try await onLoop {
        let pair = try await Pair()
        let call = Task { try await pair.call(TestService.hold) }
        await eventually("the call is held") { !pair.service.held.isEmpty }
        call.cancel()
        #expect(await rpcError { try await call.value }?.code == .cancelled)
        await eventually("the server's task is cancelled") { pair.service.cancelled == 1 }
        #expect(try await pair.call(TestService.echo, [6]) == [6])
        pair.close()
      }
    }

    @Test func taskCancelledBeforeTheCallEndsAtOnce() async throws {
      try await onLoop {
        let pair = try await Pair()
        _ = try await pair.call(TestService.echo)
        let call = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return try await pair.call(TestService.hold)
        }
        #expect(await rpcError { try await call.value }?.code == .cancelled)
        pair.close()
      }
    }

    @Test func callsOverTheLimitAreRefused() async throws {
      try await onLoop {
        var limits = RPCLimits()
        limits.callsInFlightMax = 4
        let pair = try await Pair(limits: limits, clientLimits: RPCLimits())
        _ = try await pair.call(TestService.echo)
        let calls = (0..<4).map { _ in Task { try await pair.call(TestService.hold, [7]) } }
        await eventually("four are held") { pair.service.held.count == 4 }
        let error = await rpcError { try await pair.call(TestService.echo) }
        #expect(error?.code == .resourceExhausted)
        pair.service.release()
        for call in calls { #expect(try await call.value == [7]) }
        #expect(try await pair.call(TestService.echo, [8]) == [8])
        pair.close()
      }
    }

    @Test func largestMessageFitsAndOneMoreByteDoesNot() async throws {
      try await onLoop {
        let pair = try await Pair()
        let large = [UInt8](repeating: 9, count: (4 << 20) - 100)
        #expect(try await pair.call(TestService.echo, large) == large)
        let error = await rpcError {
          try await pair.call(TestService.echo, large + [UInt8](repeating: 9, count: 100))
        }
        #expect(error?.code == .resourceExhausted && error?.reason == "message_too_large")
        #expect(try await pair.call(TestService.echo, [1]) == [1])
        pair.close()
      }
    }

    @Test func manyLargeMessagesAtOnceArrive() async throws {
      try await onLoop {
        let pair = try await Pair()
        let large = [UInt8](repeating: 3, count: 300_000)
        let calls = (0..<13).map { _ in Task { try await pair.call(TestService.yielding, large) } }
        for call in calls { #expect(try await call.value == large) }
        pair.close()
      }
    }

    @Test func unixSocketsServeToo() async throws {
      try await onLoop {
        let path = "/tmp/focal-rpc-test-\(UInt32.random(in: .min ... .max)).sock"
        let service = TestService()
        let server = RPCServer(
          listen: .unix(path: path), service: "test", instance: "1", secret: Pair.secret,
          dispatchers: [service])
        try await server.start()
        let client = RPCClient(
          service: "test", addresses: [.unix(path: path)], secret: Pair.secret)
        client.start()
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "unix")
        #expect(
          try await client.call(TestService.echo, idempotent: true, [1], context) == [1])
        client.close()
        server.close()
      }
    }

    @Test func checkAsksTheServer() async throws {
      try await onLoop {
        let pair = try await Pair()
        try await pair.client.check(deadline: .after(.seconds(2)))
        #expect(pair.client.isReady)
        pair.server.close()
        await eventually("the client knows") { !pair.client.isReady }
        await #expect(throws: RPCError.self) {
          try await pair.client.check(deadline: .after(.milliseconds(200)))
        }
        pair.close()
      }
    }

    @Test func bothSidesCount() async throws {
      try await onLoop {
        let pair = try await Pair()
        _ = try await pair.call(TestService.echo)
        _ = await rpcError { try await pair.call(TestService.fail) }
        let server = String(decoding: pair.serverMetrics.text(), as: UTF8.self)
        let client = String(decoding: pair.clientMetrics.text(), as: UTF8.self)
        for (text, side) in [(server, "server"), (client, "client")] {
          #expect(text.contains("rpc_\(side)_calls_total{service=\"test\",code=\"ok\"} 1"))
          #expect(text.contains("rpc_\(side)_calls_total{service=\"test\",code=\"not_found\"} 1"))
          #expect(text.contains("rpc_\(side)_calls_in_flight{service=\"test\"} 0"))
          #expect(text.contains("rpc_\(side)_connections{service=\"test\"} 1"))
        }
        pair.close()
      }
    }
  }
}
