import EventLoop
import EventLoopTesting
import Network
import Testing
import Wire

@testable import RPC

extension OverSockets {
  /// What comes to an RPC port and is no client, or a client that breaks the rules.
  struct RPCStrangerTests {
    /// A connection that keeps what it gets.
    final class Raw: Connection {
      private(set) var bytes: [UInt8] = []

      override func received() {
        bytes += Array(input.readableBytes)
        input.consume(input.count)
      }

      static func connect(to server: RPCServer) async throws -> Raw {
        let address = try Resolver.numeric(.tcp(host: "127.0.0.1", port: server.port))
        let descriptor = try await Connection.connect(to: address, deadline: .after(.seconds(2)))
        return Raw(descriptor: descriptor, peer: address)
      }

      func put(_ bytes: [UInt8]) {
        output.append(bytes)
        send()
      }

      func put(_ kind: FrameKind, callID: UInt32 = 0, _ body: [UInt8] = []) {
        output.appendFrame(kind, callID: callID, body)
        send()
      }

      /// The frames that have come, with their bodies.
      var frames: [(kind: FrameKind, callID: UInt32, flags: UInt8, body: [UInt8])] {
        var found: [(kind: FrameKind, callID: UInt32, flags: UInt8, body: [UInt8])] = []
        var start = 0
        let decoder = FrameDecoder(lengthBytesMax: Frame.lengthBytesMax)
        while true {
          let step: Int? = bytes[start...].withUnsafeBytes { buffer in
            guard case .frame(let frame, let count) = decoder.decode(buffer) else { return nil }
            found.append((frame.kind, frame.callID, frame.flags, Array(frame.body)))
            return count
          }
          guard let step else { return found }
          start += step
        }
      }

      var goaway: String? {
        frames.last { $0.kind == .goaway }.flatMap { frame in
          frame.body.withUnsafeBytes { try? Goaway(decoding: $0).reason }
        }
      }

      /// Does the hello as a client with the secret.
      func greet() async {
        var handshake = ClientHandshake(
          service: "test", instance: "raw", secret: Array(Pair.secret.reveal().utf8),
          nonce: makeNonce())
        await eventually("the challenge") { frames.count == 1 }
        let action = frames[0].body.withUnsafeBytes {
          handshake.receive(Frame(kind: .hello, body: $0))
        }
        guard case .reply(let hello) = action else { return }
        put(.hello, hello)
        await eventually("the welcome") { frames.count == 2 }
      }
    }

    /// A server, and a connection to it that has not said anything.
    func withRaw(
      limits: RPCLimits = RPCLimits(), _ body: @escaping @MainActor (Pair, Raw) async throws -> Void
    ) async throws {
      try await onLoop {
        let pair = try await Pair(limits: limits)
        let raw = try await Raw.connect(to: pair.server)
        try await body(pair, raw)
        raw.close()
        pair.close()
      }
    }

    @Test func httpIsRefused() async throws {
      try await withRaw { pair, raw in
        raw.put(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        await eventually("it is closed") { raw.isClosed }
        #expect(pair.service.begun == 0 && raw.goaway == "protocol")
      }
    }

    @Test func requestBeforeTheHelloIsRefused() async throws {
      try await withRaw { pair, raw in
        raw.put(FrameDecoderTests.example)
        await eventually("it is closed") { raw.isClosed }
        #expect(pair.service.begun == 0 && raw.goaway == "protocol")
      }
    }

    @Test func longHelloIsRefusedBeforeItIsRead() async throws {
      try await withRaw { _, raw in
        raw.put([0x00, 0x00, 0x10, 0x01])
        await eventually("it is closed") { raw.isClosed }
      }
    }

    @Test func whoSaysNothingIsLeft() async throws {
      var limits = RPCLimits()
      limits.helloTimeout = .milliseconds(50)
      try await withRaw(limits: limits) { _, raw in
        await eventually("it is closed") { raw.isClosed }
      }
    }

    @Test func whoFallsSilentIsLeft() async throws {
      var limits = RPCLimits()
      limits.idleTimeout = .milliseconds(80)
      try await withRaw(limits: limits) { _, raw in
        await raw.greet()
        raw.put(.ping, [1])
        await eventually("the pong") { raw.frames.count == 3 }
        await eventually("it is closed") { raw.isClosed }
      }
    }

    @Test func pingsAreAnsweredWithTheirBody() async throws {
      try await withRaw { _, raw in
        await raw.greet()
        raw.put(.ping, [1, 2, 3])
        raw.put(.ping)
        await eventually("the pongs") { raw.frames.count == 4 }
        #expect(raw.frames[2].kind == .pong && raw.frames[2].body == [1, 2, 3])
        #expect(raw.frames[3].kind == .pong && raw.frames[3].body == [])
      }
    }

    @Test func longPingIsAViolation() async throws {
      try await withRaw { _, raw in
        await raw.greet()
        raw.put(.ping, [UInt8](repeating: 1, count: 65))
        await eventually("it is closed") { raw.isClosed }
        #expect(raw.goaway == "protocol")
      }
    }

    @Test(arguments: [FrameKind.hello, .response, .error, .item])
    func framesOfTheOtherSideAreViolations(kind: FrameKind) async throws {
      try await withRaw { _, raw in
        await raw.greet()
        raw.put(kind, callID: kind.belongsToCall ? 1 : 0)
        await eventually("it is closed") { raw.isClosed }
        #expect(raw.goaway == "protocol")
      }
    }

    @Test(
      arguments: [[], [0, 0, 0], [0, 0, 0, 9, 8], [0, 0, 0, 1, 8], [0xff, 0xff, 0xff, 0xff]]
        as [[UInt8]])
    func malformedRequestIsAViolation(body: [UInt8]) async throws {
      try await withRaw { pair, raw in
        await raw.greet()
        raw.put(.request, callID: 1, body)
        await eventually("it is closed") { raw.isClosed }
        #expect(raw.goaway == "protocol" && pair.service.begun == 0)
      }
    }

    @Test func callIDInUseIsAViolation() async throws {
      try await withRaw { pair, raw in
        await raw.greet()
        raw.output.appendFrameHeader(
          .request, callID: 5, methodID: TestService.hold, bodyBytes: 4)
        raw.put([0, 0, 0, 0])
        await eventually("it is held") { pair.service.held.count == 1 }
        raw.output.appendFrameHeader(
          .request, callID: 5, methodID: TestService.echo, bodyBytes: 4)
        raw.put([0, 0, 0, 0])
        await eventually("it is closed") { raw.isClosed }
        await eventually("the first call is cancelled") { pair.service.cancelled == 1 }
      }
    }

    @Test func cancelOfAnUnknownCallIsIgnored() async throws {
      try await withRaw { _, raw in
        await raw.greet()
        raw.put(.cancel, callID: 77)
        raw.put(.ping, [1])
        await eventually("the pong") { raw.frames.count == 3 }
      }
    }

    @Test func requestAfterTheGoawayIsRefused() async throws {
      try await withRaw { pair, raw in
        await raw.greet()
        let drain = Task { await pair.server.drain(deadline: .seconds(2)) }
        await eventually("the goaway") { raw.goaway == "drain" }
        raw.output.appendFrameHeader(
          .request, callID: 9, methodID: TestService.echo, bodyBytes: 4)
        raw.put([0, 0, 0, 0])
        await eventually("the refusal") { raw.frames.last?.kind == .error }
        let refusal = try #require(raw.frames.last)
        let error = try refusal.body.withUnsafeBytes { try RPCError(decoding: $0) }
        #expect(refusal.callID == 9 && refusal.flags == Frame.refusedFlag)
        #expect(error.code == .unavailable && error.reason == "draining")
        await drain.value
        #expect(pair.service.begun == 0)
      }
    }

    @Test func framesInPiecesAreFrames() async throws {
      try await withRaw { pair, raw in
        await raw.greet()
        var buffer = ByteBuffer()
        buffer.appendFrameHeader(
          .request, callID: 2, methodID: TestService.echo, bodyBytes: 6)
        buffer.append([0, 0, 0, 0, 65, 66])
        for byte in Array(buffer.readableBytes) {
          raw.put([byte])
          await Task.yield()
        }
        await eventually("the answer") { raw.frames.count == 3 }
        #expect(raw.frames[2].kind == .response && raw.frames[2].body == [65, 66])
      }
    }

    /// The server keeps serving others whatever one sends.
    @Test func randomBytesHarmNobodyElse() async throws {
      let seed = UInt64.random(in: .min ... .max)
      print("seed \(seed)")
      try await withRaw { pair, raw in
        raw.close()
        var generator = SmallGenerator(seed: seed)
        for _ in 0..<50 {
          let stranger = try await Raw.connect(to: pair.server)
          if Bool.random(using: &generator) { await stranger.greet() }
          var bytes = FrameDecoderTests.example + FrameDecoderTests.example
          for _ in 0..<3 {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
              in: .min ... .max, using: &generator)
          }
          stranger.put(bytes)
          #expect(try await pair.call(TestService.echo, [1]) == [1])
          stranger.close()
        }
      }
    }
  }
}
