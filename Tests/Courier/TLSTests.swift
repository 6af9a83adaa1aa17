import Courier
import EventLoopTesting
import Foundation
import HTTP
import Network
import Testing

@Suite struct TLSTests {
  @Test func checksCertificates() async throws {
    let folder = NSTemporaryDirectory() + "focal-courier-\(UInt32.random(in: 0 ... .max))"
    defer { do { try FileManager.default.removeItem(atPath: folder) } catch {} }
    try makeCertificate(in: folder)
    let certificate = folder + "/server.pem"
    let tls = try TLSContext(
      serverCertificate: certificate, key: folder + "/server.key")
    try await withServer(tls: tls) { _ in
      .text("hello")
    } _: { _, url in
      let wary = Courier(name: "test")
      defer { wary.close() }
      let kind = await failure(wary, OutgoingRequest(.get, url))
      #expect(kind == .untrusted)
      let trusting = Courier(name: "test", authorities: certificate)
      defer { trusting.close() }
      let answer = try await trusting.send(OutgoingRequest(.get, url))
      #expect(answer.body == Array("hello".utf8))
      // The certificate is of the address, not of this name for it.
      let other = await failure(
        trusting, OutgoingRequest(.get, url.replacing("127.0.0.1", with: "localhost")))
      #expect(other == .untrusted)
    }
  }

  private func makeCertificate(in folder: String) throws {
    let script = """
      set -e; mkdir -p "$0"; cd "$0"
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key \
        -out server.pem -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, folder]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }
}
