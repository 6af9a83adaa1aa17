import Testing

@testable import RPC

struct HandshakeTests {
  let secret = Array("a-secret-of-thirty-two-character".utf8)
  let serverNonce = [UInt8](0..<32)
  let clientNonce = [UInt8](32..<64)

  func server(_ service: String = "auth", secret: [UInt8]? = nil) -> ServerHandshake {
    ServerHandshake(
      service: service, secrets: [secret ?? self.secret], limits: RPCLimits(), nonce: serverNonce)
  }

  func client(_ service: String = "auth") -> ClientHandshake {
    ClientHandshake(service: service, instance: "test", secret: secret, nonce: clientNonce)
  }

  func frame<T>(_ kind: FrameKind, _ body: [UInt8], _ use: (Frame) -> T) -> T {
    body.withUnsafeBytes { use(Frame(kind: kind, body: $0)) }
  }

  /// The client's hello, in answer to the server's challenge.
  func hello(_ client: inout ClientHandshake, _ server: ServerHandshake) throws -> [UInt8] {
    let action = frame(.hello, server.challenge(instance: "auth-1")) { client.receive($0) }
    guard case .reply(let hello) = action else {
      Issue.record("\(action)")
      return []
    }
    return hello
  }

  @Test func proofsAreThoseOfThePage() {
    let proof = HandshakeProof(
      secret: secret, serverNonce: serverNonce, clientNonce: clientNonce, service: "auth")
    #expect(
      hex(proof.make(.client))
        == "903ec6c97d620bdbaecd2e1ce9992834dbd9d7d67e038f5b14cf915ab037e5af")
    #expect(
      hex(proof.make(.server))
        == "6a3d4fe43f4aa0a509b214eea216616ecce39c99ad0fae66f26612df902e2424")
  }

  @Test func bothSidesEndUpReady() throws {
    var client = client()
    let server = server()
    let hello = try hello(&client, server)
    let action = frame(.hello, hello) { server.receive($0) }
    guard case .welcome(let body, let instance) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(instance == "test")
    guard case .ready(let welcome) = frame(.hello, body, { client.receive($0) }) else {
      Issue.record("not ready")
      return
    }
    #expect(welcome.callsInFlightMax == 4096 && welcome.frameBytesMax == 4 << 20)
    #expect(welcome.idleMilliseconds == 30_000)
  }

  @Test func secretIsNeverSent() throws {
    var client = client()
    let sent = try server().challenge(instance: "auth-1") + hello(&client, server())
    #expect(!contains(sent, secret))
  }

  @Test func otherSecretIsRefusedByTheServer() throws {
    var client = client()
    let server = server(secret: Array("another secret of many characters".utf8))
    let hello = try hello(&client, server)
    expectRefusal("proof", frame(.hello, hello) { server.receive($0) })
  }

  @Test func whileOneSecretReplacesAnotherBothAreTaken() throws {
    let other = Array("another secret of many characters".utf8)
    for secrets in [[secret, other], [other, secret]] {
      let server = ServerHandshake(
        service: "auth", secrets: secrets, limits: RPCLimits(), nonce: serverNonce)
      var client = client()
      let hello = try hello(&client, server)
      guard case .welcome(let welcome, _) = frame(.hello, hello, { server.receive($0) }) else {
        Issue.record("refused")
        return
      }
      // The server shows that it knows the client's one.
      guard case .ready = frame(.hello, welcome, { client.receive($0) }) else {
        Issue.record("not ready")
        return
      }
    }
  }

  @Test func otherServiceIsRefusedButOnlyToWhoKnowsTheSecret() throws {
    var client = client("quotes")
    let hello = try hello(&client, server())
    expectRefusal("service", frame(.hello, hello) { server().receive($0) })
    var message = try decode(hello)
    message.service = "auth"
    expectRefusal("proof", frame(.hello, message.encode()) { server().receive($0) })
  }

  @Test func everyChangedByteOfAHelloIsRefused() throws {
    var client = client()
    let hello = try hello(&client, server())
    var refused = 0
    for index in hello.indices {
      var changed = hello
      changed[index] ^= 0x20
      switch frame(.hello, changed, { server().receive($0) }) {
      case .refuse: refused += 1
      // The name of the client is not signed: it is for logs only.
      case .welcome(_, let instance): #expect(instance != "test")
      }
    }
    #expect(refused >= hello.count - "test".utf8.count - 2)
  }

  @Test func replayedHelloIsRefused() throws {
    var client = client()
    let hello = try hello(&client, server())
    let other = ServerHandshake(
      service: "auth", secrets: [secret], limits: RPCLimits(), nonce: [UInt8](1..<33))
    expectRefusal("proof", frame(.hello, hello) { other.receive($0) })
  }

  @Test func otherVersionIsRefused() throws {
    var client = client()
    var message = try decode(try hello(&client, server()))
    message.version = 2
    expectRefusal("version", frame(.hello, message.encode()) { server().receive($0) })
  }

  @Test(arguments: [FrameKind.request, .ping, .cancel, .goaway])
  func anyOtherFrameIsRefused(kind: FrameKind) {
    expectRefusal("protocol", frame(kind, []) { server().receive($0) })
  }

  @Test func clientRefusesAServerWithoutTheSecret() throws {
    var client = client()
    _ = try hello(&client, server())
    let welcome = Welcome(
      proof: [UInt8](repeating: 0, count: 32), callsInFlightMax: 1, frameBytesMax: 1,
      idleMilliseconds: 1)
    guard case .fail(let reason) = frame(.hello, welcome.encode(), { client.receive($0) }) else {
      Issue.record("taken")
      return
    }
    #expect(reason.reason == "proof")
  }

  /// A server that sends the client's own proof back does not know the secret.
  @Test func clientRefusesItsOwnProof() throws {
    var client = client()
    let own = try decode(try hello(&client, server())).proof
    let welcome = Welcome(
      proof: own, callsInFlightMax: 1, frameBytesMax: 1, idleMilliseconds: 1)
    guard case .fail = frame(.hello, welcome.encode(), { client.receive($0) }) else {
      Issue.record("taken")
      return
    }
  }

  @Test func clientLearnsWhyItWasRefused() {
    var client = client()
    let goaway = Goaway(reason: "service", message: "this is auth")
    let action = frame(.goaway, goaway.encode()) { client.receive($0) }
    #expect(action == .fail(goaway))
  }

  private func expectRefusal(
    _ reason: String, _ action: ServerHandshake.Action,
    location: SourceLocation = #_sourceLocation
  ) {
    guard case .refuse(let goaway) = action else {
      Issue.record("\(action)", sourceLocation: location)
      return
    }
    #expect(goaway.reason == reason, sourceLocation: location)
  }

  private func decode(_ bytes: [UInt8]) throws -> Hello {
    try bytes.withUnsafeBytes { try Hello(decoding: $0) }
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: part) }
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
