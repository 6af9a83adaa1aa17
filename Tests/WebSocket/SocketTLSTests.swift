import EventLoopTesting
import Foundation
import Network
import Testing
import WebSocket

@Suite struct SocketTLSTests {
  @Test func aSocketWorksOverTLS() async throws {
    let folder = NSTemporaryDirectory() + "focal-sockets-\(UInt32.random(in: 0 ... .max))"
    defer { do { try FileManager.default.removeItem(atPath: folder) } catch {} }
    try makeCertificate(in: folder)
    let certificate = folder + "/server.pem"
    let server = try TLSContext(serverCertificate: certificate, key: folder + "/server.key")
    let client = try TLSContext(clientAuthority: certificate)
    try await withSockets(tls: server) { server in
      for testCase in FramingCases.all where testCase.name.hasPrefix("1.") {
        try await self.play(testCase, server, client)
      }
      let client = try await SocketClient.connect(to: server, behind: text("early"), tls: client)
      await until { client.replies == [.text("early")] }
      // Refused, and told so before the end.
      client.send(frame(3) + text("x"))
      await until { client.isAtEnd }
      #expect(client.replies == [.text("early"), .close(1002)])
    }
  }

  private func play(
    _ testCase: FrameCase, _ server: EchoServer, _ tls: TLSContext
  ) async throws {
    let client = try await SocketClient.connect(to: server, tls: tls)
    client.send(testCase.input + closing(1000))
    await until { client.isAtEnd }
    #expect(client.replies == testCase.replies + [.close(1000)], "\(testCase.name)")
  }

  private func makeCertificate(in folder: String) throws {
    let script = """
      set -e; mkdir -p "$0"; cd "$0"
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key \
        -out server.pem -days 2 -subj /CN=test -addext subjectAltName=DNS:focal.test
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
