/// The version of the protocol that this code speaks.
nonisolated let protocolVersion: UInt64 = 1

/// The server's half of the hello: what comes in, what to do. Does no I/O.
struct ServerHandshake {
  enum Action: Equatable {
    /// Send the welcome; requests are taken from now on.
    case welcome([UInt8], instance: String)
    /// Send a goaway and close.
    case refuse(Goaway)
  }

  let service: String
  /// A client knows one of them: two while one replaces the other.
  let secrets: [[UInt8]]
  let limits: RPCLimits
  private let nonce: [UInt8]

  init(service: String, secrets: [[UInt8]], limits: RPCLimits, nonce: [UInt8]) {
    self.service = service
    self.secrets = secrets
    self.limits = limits
    self.nonce = nonce
  }

  func challenge(instance: String) -> [UInt8] {
    Challenge(version: protocolVersion, service: service, instance: instance, nonce: nonce).encode()
  }

  func receive(_ frame: Frame) -> Action {
    guard frame.kind == .hello, let hello = try? Hello(decoding: frame.body),
      hello.nonce.count == HandshakeProof.nonceBytes
    else { return .refuse(Goaway(reason: "protocol", message: "a hello was due")) }
    guard hello.version == protocolVersion else {
      return .refuse(Goaway(reason: "version", message: "version \(protocolVersion) is spoken"))
    }
    let proofs = secrets.map {
      HandshakeProof(
        secret: $0, serverNonce: nonce, clientNonce: hello.nonce, service: hello.service)
    }
    guard let proof = proofs.first(where: { $0.verify(hello.proof, of: .client) }) else {
      return .refuse(Goaway(reason: "proof", message: "the proof of the secret is wrong"))
    }
    // Only who knows the secret learns what listens here.
    guard hello.service == service else {
      return .refuse(Goaway(reason: "service", message: "this is \(service)"))
    }
    let welcome = Welcome(
      proof: proof.make(.server), callsInFlightMax: UInt64(limits.callsInFlightMax),
      frameBytesMax: UInt64(limits.frameBytesMax),
      idleMilliseconds: limits.idleTimeout.wholeMilliseconds)
    return .welcome(welcome.encode(), instance: hello.instance)
  }
}

/// The client's half of the hello.
struct ClientHandshake {
  enum Action: Equatable {
    /// Send the hello, wait for the welcome.
    case reply([UInt8])
    /// The connection is usable.
    case ready(Welcome)
    /// Close.
    case fail(Goaway)
  }

  let service: String
  let instance: String
  let secret: [UInt8]
  private let nonce: [UInt8]
  private var proof: HandshakeProof?

  init(service: String, instance: String, secret: [UInt8], nonce: [UInt8]) {
    self.service = service
    self.instance = instance
    self.secret = secret
    self.nonce = nonce
  }

  mutating func receive(_ frame: Frame) -> Action {
    if frame.kind == .goaway {
      let fault = Goaway(reason: "protocol", message: "a malformed goaway")
      return .fail((try? Goaway(decoding: frame.body)) ?? fault)
    }
    guard frame.kind == .hello else {
      return .fail(Goaway(reason: "protocol", message: "a hello was due"))
    }
    return proof.map { welcomed(by: frame, $0) } ?? challenged(by: frame)
  }

  private mutating func challenged(by frame: Frame) -> Action {
    guard let challenge = try? Challenge(decoding: frame.body),
      challenge.nonce.count == HandshakeProof.nonceBytes
    else { return .fail(Goaway(reason: "protocol", message: "a challenge was due")) }
    guard challenge.version == protocolVersion else {
      return .fail(Goaway(reason: "version", message: "the server speaks \(challenge.version)"))
    }
    let proof = HandshakeProof(
      secret: secret, serverNonce: challenge.nonce, clientNonce: nonce, service: service)
    self.proof = proof
    let hello = Hello(
      version: protocolVersion, service: service, instance: instance, nonce: nonce,
      proof: proof.make(.client))
    return .reply(hello.encode())
  }

  private func welcomed(by frame: Frame, _ proof: HandshakeProof) -> Action {
    guard let welcome = try? Welcome(decoding: frame.body) else {
      return .fail(Goaway(reason: "protocol", message: "a welcome was due"))
    }
    guard proof.verify(welcome.proof, of: .server) else {
      return .fail(Goaway(reason: "proof", message: "the server's proof is wrong"))
    }
    return .ready(welcome)
  }
}

/// A nonce from the system's generator.
func makeNonce() -> [UInt8] {
  var generator = SystemRandomNumberGenerator()
  return (0..<HandshakeProof.nonceBytes).map { _ in .random(in: .min ... .max, using: &generator) }
}
