import EventLoop
import EventLoopTesting
import Network
import Testing
import Wire

@testable import RPC

extension OverSockets {
  /// Servers that are there and say nothing.
  struct RPCSilenceTests {
    /// Does the hello, and never says another word.
    final class MuteConnection: Connection {
      private let handshake = ServerHandshake(
        service: "test", secrets: [Array(Pair.secret.reveal().utf8)], limits: RPCLimits(),
        nonce: makeNonce())
      private var isWelcome = false

      init(descriptor: Int32, peer: SocketAddress) {
        super.init(descriptor: descriptor, peer: peer)
        output.appendFrame(.hello, handshake.challenge(instance: "mute"))
        send()
      }

      override func received() {
        let decoder = FrameDecoder(lengthBytesMax: Frame.lengthBytesMax)
        if !isWelcome, case .frame(let frame, _) = decoder.decode(input.readableBytes),
          case .welcome(let body, _) = handshake.receive(frame)
        {
          isWelcome = true
          output.appendFrame(.hello, body)
          send()
        }
        input.consume(input.count)
      }
    }

    func mute(limits: RPCLimits) throws -> (Listener, RPCClient) {
      let listener = try Listener(
        Resolver.numeric(.tcp(host: "127.0.0.1", port: 0)), connectionLimit: 8
      ) { MuteConnection(descriptor: $0, peer: $1) }
      let client = RPCClient(
        service: "test", addresses: [.tcp(host: "127.0.0.1", port: listener.port)],
        secret: Pair.secret, limits: limits)
      client.start()
      return (listener, client)
    }

    @Test func silentServerIsTakenForLost() async throws {
      try await onLoop {
        var limits = RPCLimits()
        limits.pingInterval = .milliseconds(40)
        let (listener, client) = try self.mute(limits: limits)
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(10)).nanoseconds, requestID: "r")
        let start = ContinuousClock.now
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: false, [], context)
        }
        #expect(error?.code == .unavailable && error?.reason == "connection_lost")
        #expect(start.duration(to: .now) < .seconds(1))
        client.close()
        listener.close()
      }
    }

    @Test func serverThatAnswersNothingIsNotAskedForAWhile() async throws {
      try await onLoop {
        let (listener, client) = try self.mute(limits: RPCLimits())
        await eventually("it is connected") { client.isReady }
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.milliseconds(60)).nanoseconds, requestID: "r")
        let late = (0..<CircuitBreaker.failuresMax).map { _ in
          Task { try await client.call(TestService.echo, idempotent: false, [], context) }
        }
        for call in late {
          #expect(await rpcError { try await call.value }?.code == .deadlineExceeded)
        }
        let next = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: false, [], next)
        }
        #expect(error?.code == .unavailable && error?.reason == "circuit_open")
        client.close()
        listener.close()
      }
    }

    @Test func serverThatAnswersPingsMayTakeItsTime() async throws {
      try await onLoop {
        var limits = RPCLimits()
        limits.pingInterval = .milliseconds(40)
        let pair = try await Pair(clientLimits: limits)
        _ = try await pair.call(TestService.echo)
        let call = Task { try await pair.call(TestService.hold, [4]) }
        await eventually("the call is held") { !pair.service.held.isEmpty }
        // While the server answers pings the call may take as long as it wants.
        let quiet = Deadline.after(.milliseconds(250))
        await eventually("some time") { quiet.hasPassed }
        #expect(pair.client.isReady)
        pair.service.release()
        #expect(try await call.value == [4])
        pair.close()
      }
    }

    @Test func serverThatStopsSpeakingIsLeft() async throws {
      try await onLoop {
        var limits = RPCLimits()
        limits.connectTimeout = .milliseconds(80)
        // Accepts, and never says a word.
        let mute = try Listener(
          Resolver.numeric(.tcp(host: "127.0.0.1", port: 0)), connectionLimit: 8
        ) { descriptor, peer in Connection(descriptor: descriptor, peer: peer) }
        let client = RPCClient(
          service: "test", addresses: [.tcp(host: "127.0.0.1", port: mute.port)],
          secret: Pair.secret, limits: limits)
        client.start()
        let context = CallContext(
          deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "r")
        let error = await rpcError {
          try await client.call(TestService.echo, idempotent: true, [], context)
        }
        #expect(error?.code == .unavailable)
        client.close()
        mute.close()
      }
    }
  }
}
