@testable import Network

/// A client's and a server's session with no socket between them.
struct TLSPair: ~Copyable {
  let client: TLSSession
  let server: TLSSession
  /// What each of them decrypted.
  var atClient = ByteBuffer()
  var atServer = ByteBuffer()
  /// The most that one delivery carries.
  var pieceBytesMax = Int.max

  init(_ client: TLSSession, _ server: TLSSession) {
    self.client = client
    self.server = server
  }

  init(serverName: String? = "focal.test") throws {
    let client = try TLSPair.clientContext().session(serverName: serverName)
    let server = try TLSPair.serverContext().session()
    self.init(client, server)
  }

  static func clientContext(
    authority: String = "authority.pem", shows certificate: String? = nil,
    protocols: [String] = ["http/1.1"]
  ) throws -> TLSContext {
    let files = TLSCertificates.shared
    return try TLSContext(
      clientAuthority: files.path(authority),
      certificate: certificate.map { files.path($0 + ".pem") },
      key: certificate.map { files.path($0 + ".key") }, protocols: protocols)
  }

  static func serverContext(clientAuthority: String? = nil) throws -> TLSContext {
    let files = TLSCertificates.shared
    return try TLSContext(
      serverCertificate: files.path("server.pem"), key: files.path("server.key"),
      clientAuthority: clientAuthority.map { files.path($0) })
  }

  /// Carries bytes both ways until neither has anything to say.
  mutating func settle() throws {
    var nothing = ByteBuffer()
    repeat {
      try toServer(&nothing)
      try toClient(&nothing)
    } while client.hasOutput || server.hasOutput
  }

  mutating func toServer(_ plaintext: inout ByteBuffer) throws {
    repeat {
      var wire = ByteBuffer()
      try client.encrypt(&plaintext, into: &wire)
      try TLSPair.carry(&wire, to: server, &atServer, pieceBytesMax)
    } while client.canSend && !plaintext.isEmpty
  }

  mutating func toClient(_ plaintext: inout ByteBuffer) throws {
    repeat {
      var wire = ByteBuffer()
      try server.encrypt(&plaintext, into: &wire)
      try TLSPair.carry(&wire, to: client, &atClient, pieceBytesMax)
    } while server.canSend && !plaintext.isEmpty
  }

  private static func carry(
    _ wire: inout ByteBuffer, to session: TLSSession, _ plaintext: inout ByteBuffer, _ most: Int
  ) throws {
    while !wire.isEmpty {
      // Memory of its own: a session must not remember where the bytes were.
      let piece = Array(wire.readableBytes.prefix(most))
      wire.consume(piece.count)
      try piece.withUnsafeBytes { try session.received($0, into: &plaintext) }
    }
  }
}

extension ByteBuffer {
  init(_ bytes: [UInt8]) {
    self.init()
    append(bytes)
  }

  mutating func takeAll() -> [UInt8] {
    let bytes = Array(readableBytes)
    consume(bytes.count)
    return bytes
  }
}
