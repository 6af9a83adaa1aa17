import COpenSSL
import EventLoopTesting
import Testing

@testable import Network

struct TLSSessionTests {
  @Test func handshakeAgreesOnVersionAndProtocol() throws {
    var pair = try TLSPair()
    #expect(pair.client.hasOutput)
    #expect(!pair.server.hasOutput)
    try pair.settle()
    for session in [pair.client, pair.server] {
      #expect(session.handshakeComplete)
      #expect(session.canSend)
      #expect(session.negotiatedProtocol == "http/1.1")
      #expect(session.version == "TLSv1.3")
    }
    #expect(pair.atClient.takeAll() + pair.atServer.takeAll() == [])
  }

  @Test(arguments: [1, 7, 1000, Int.max])
  func bytesArriveInWhateverPiecesTheyCome(_ pieceBytesMax: Int) throws {
    var pair = try TLSPair()
    pair.pieceBytesMax = pieceBytesMax
    try pair.settle()
    let sent = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var question = ByteBuffer(sent)
    try pair.toServer(&question)
    #expect(pair.atServer.takeAll() == sent)
    var answer = ByteBuffer(sent.reversed())
    try pair.toClient(&answer)
    #expect(pair.atClient.takeAll() == sent.reversed())
  }

  @Test func plaintextWaitsForTheHandshake() throws {
    var pair = try TLSPair()
    var request = ByteBuffer(Array("early".utf8))
    var wire = ByteBuffer()
    try pair.client.encrypt(&request, into: &wire)
    #expect(request.count == 5)
    try wire.takeAll().withUnsafeBytes { try pair.server.received($0, into: &pair.atServer) }
    try pair.settle()
    #expect(pair.atServer.takeAll() == [])
    try pair.toServer(&request)
    #expect(pair.atServer.takeAll() == Array("early".utf8))
  }

  @Test func ciphertextIsBounded() throws {
    var pair = try TLSPair()
    try pair.settle()
    var plaintext = ByteBuffer([UInt8](repeating: 7, count: 4 << 20))
    var wire = ByteBuffer()
    try pair.client.encrypt(&plaintext, into: &wire)
    #expect(wire.count >= TLSSession.ciphertextBytesMax)
    #expect(wire.count < TLSSession.ciphertextBytesMax + (20 << 10))
    #expect(plaintext.count > 3 << 20)
    let before = wire.count
    try pair.client.encrypt(&plaintext, into: &wire)
    #expect(wire.count == before)
  }

  @Test func tls12Serves() throws {
    let context = try TLSPair.clientContext()
    #expect(focal_tls_set_version(context.pointer, TLS1_2_VERSION, TLS1_2_VERSION) == 1)
    var pair = TLSPair(
      try context.session(serverName: "127.0.0.1"), try TLSPair.serverContext().session())
    try pair.settle()
    #expect(pair.server.version == "TLSv1.2")
    var plaintext = ByteBuffer([1, 2, 3])
    try pair.toServer(&plaintext)
    #expect(pair.atServer.takeAll() == [1, 2, 3])
  }

  @Test func olderVersionsAreRefused() throws {
    let context = try TLSPair.clientContext()
    SSL_CTX_set_security_level(context.pointer, 0)
    #expect(focal_tls_set_version(context.pointer, TLS1_VERSION, TLS1_1_VERSION) == 1)
    expectFailure(
      TLSPair(try context.session(), try TLSPair.serverContext().session()), "handshake")
  }

  @Test func peersMustShareAProtocolWhereBothSpeakALPN() throws {
    let server = try TLSPair.serverContext()
    let http2 = try TLSPair.clientContext(protocols: ["h2"])
    expectFailure(TLSPair(try http2.session(), try server.session()), "handshake")
    let both = try TLSPair.clientContext(protocols: ["h2", "http/1.1"])
    var pair = TLSPair(try both.session(), try server.session())
    try pair.settle()
    #expect(pair.server.negotiatedProtocol == "http/1.1")
    let none = try TLSPair.clientContext(protocols: [])
    pair = TLSPair(try none.session(), try server.session())
    try pair.settle()
    #expect(pair.server.handshakeComplete && pair.server.negotiatedProtocol == nil)
  }

  @Test func serverMustBeWhoItShouldBe() throws {
    let server = try TLSPair.serverContext()
    for name in ["focal.test", "127.0.0.1"] {
      var pair = TLSPair(
        try TLSPair.clientContext().session(serverName: name), try server.session())
      try pair.settle()
      #expect(pair.client.handshakeComplete)
    }
    for name in ["other.test", "127.0.0.2"] {
      let client = try TLSPair.clientContext().session(serverName: name)
      expectFailure(TLSPair(client, try server.session()), "mismatch")
    }
    let stranger = try TLSPair.clientContext(authority: "other.pem").session()
    expectFailure(TLSPair(stranger, try server.session()), "issuer certificate")
  }

  @Test func mutualTLSWantsACertificateOfTheAuthority() throws {
    let server = try TLSPair.serverContext(clientAuthority: "authority.pem")
    var pair = TLSPair(
      try TLSPair.clientContext(shows: "client").session(serverName: "focal.test"),
      try server.session())
    try pair.settle()
    #expect(pair.server.handshakeComplete)
    let nameless = try TLSPair.clientContext().session(serverName: "focal.test")
    expectFailure(TLSPair(nameless, try server.session()), "peer did not return a certificate")
    let selfSigned = try TLSPair.clientContext(shows: "other").session(serverName: "focal.test")
    expectFailure(TLSPair(selfSigned, try server.session()), "self-signed certificate")
  }

  @Test func endOfTheSessionIsTold() throws {
    var pair = try TLSPair()
    try pair.settle()
    var last = ByteBuffer(Array("bye".utf8))
    var wire = ByteBuffer()
    try pair.client.encrypt(&last, into: &wire)
    pair.client.shutdown(into: &wire)
    wire.append("no TLS any more")
    try wire.takeAll().withUnsafeBytes { try pair.server.received($0, into: &pair.atServer) }
    #expect(pair.atServer.takeAll() == Array("bye".utf8))
    #expect(pair.server.peerHasShutDown)
    #expect(!pair.client.canSend)
    // The other direction is still open.
    var answer = ByteBuffer([1])
    try pair.toClient(&answer)
    #expect(pair.atClient.takeAll() == [1])
  }

  @Test func plainHTTPIsNoTLS() throws {
    let server = try TLSPair.serverContext().session()
    var plaintext = ByteBuffer()
    let request = Array("GET / HTTP/1.1\r\nHost: focal.test\r\n\r\n".utf8)
    // And it stays so.
    for _ in 0..<2 {
      #expect(throws: TLSError.self) {
        try request.withUnsafeBytes { try server.received($0, into: &plaintext) }
      }
    }
    #expect(plaintext.takeAll() == [])
    #expect(!server.canSend)
  }

  @Test func changedRecordIsRefusedAndAnswered() throws {
    var pair = try TLSPair()
    try pair.settle()
    var plaintext = ByteBuffer([UInt8](repeating: 1, count: 100))
    var wire = ByteBuffer()
    try pair.client.encrypt(&plaintext, into: &wire)
    var record = wire.takeAll()
    record[50] ^= 1
    #expect(throws: TLSError.self) {
      try record.withUnsafeBytes { try pair.server.received($0, into: &pair.atServer) }
    }
    #expect(pair.atServer.takeAll() == [])
    #expect(pair.server.hasOutput, "the alert")
  }

  @Test func filesThatCannotBeUsedAreTold() throws {
    let files = TLSCertificates.shared
    #expect(throws: TLSError.self) {
      try TLSContext(serverCertificate: "/does/not/exist", key: files.path("server.key"))
    }
    #expect(throws: TLSError.self) {
      try TLSContext(serverCertificate: files.path("server.pem"), key: files.path("client.key"))
    }
    #expect(throws: TLSError.self) { try TLSContext(clientAuthority: files.path("server.key")) }
  }

  /// Whatever a stranger sends: an error or silence, no crash, no plaintext.
  @Test func garbageNeverBecomesPlaintext() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("TLS garbage: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let clients = try TLSPair.clientContext()
    let servers = try TLSPair.serverContext()
    for _ in 0..<300 {
      var nothing = ByteBuffer()
      var hello = ByteBuffer()
      try clients.session().encrypt(&nothing, into: &hello)
      var bytes = hello.takeAll()
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        bytes[index] = UInt8.random(in: .min ... .max, using: &random)
      }
      let server = try servers.session()
      var plaintext = ByteBuffer()
      for piece in [bytes, bytes] {
        _ = try? piece.withUnsafeBytes { try server.received($0, into: &plaintext) }
      }
      #expect(plaintext.takeAll() == [], "seed \(seed)")
      #expect(!server.handshakeComplete, "seed \(seed)")
    }
  }

  private func expectFailure(_ pair: consuming TLSPair, _ reason: String) {
    var pair = pair
    do {
      try pair.settle()
      Issue.record("the handshake should fail: \(reason)")
    } catch {
      let text = "\(error)"
      #expect(text.contains(reason), "\(text)")
    }
  }
}
