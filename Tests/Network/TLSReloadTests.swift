import Foundation
import Testing

@testable import Network

struct TLSReloadTests {
  private let folder = NSTemporaryDirectory() + "focal-reload-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try show("server")
  }

  @Test func newSessionsGetTheNewCertificateAndOldOnesGoOn() throws {
    let server = try context()
    var before = TLSPair(try TLSPair.clientContext().session(), try server.session())
    try before.settle()
    try show("other")
    try server.reload()
    // Signed by itself: who trusts it is shown nothing else.
    let trusting = try TLSPair.clientContext(authority: "other.pem")
    var after = TLSPair(try trusting.session(), try server.session())
    try after.settle()
    #expect(after.client.handshakeComplete && after.server.negotiatedProtocol == "http/1.1")
    var question = ByteBuffer(Array("still here".utf8))
    try before.toServer(&question)
    #expect(before.atServer.takeAll() == Array("still here".utf8))
  }

  @Test func filesThatAreNoCertificateChangeNothing() throws {
    let server = try context()
    try Data("none".utf8).write(to: URL(fileURLWithPath: folder + "/cert.pem"))
    #expect(throws: TLSError.self) { try server.reload() }
    var pair = TLSPair(try TLSPair.clientContext().session(), try server.session())
    try pair.settle()
    #expect(pair.client.handshakeComplete)
  }

  @Test func tellsWhenTheCertificateEnds() throws {
    let end = try #require(try context().certificateEnd)
    // For two days, see TLSCertificates.
    let left = end - Date().timeIntervalSince1970
    #expect((47...49).contains(left / 3600))
    #expect(try TLSContext(clientAuthority: folder + "/cert.pem").certificateEnd == nil)
  }

  private func context() throws -> TLSContext {
    try TLSContext(serverCertificate: folder + "/cert.pem", key: folder + "/key.pem")
  }

  /// Puts one of the tests' certificates where the context reads it.
  private func show(_ name: String) throws {
    for (from, to) in [("\(name).pem", "cert.pem"), ("\(name).key", "key.pem")] {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: TLSCertificates.shared.path(from)))
      try bytes.write(to: URL(fileURLWithPath: folder + "/" + to))
    }
  }
}
