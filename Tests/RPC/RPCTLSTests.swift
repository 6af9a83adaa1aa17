import EventLoop
import EventLoopTesting
import Foundation
import Network
import Testing
import Wire

@testable import RPC

extension OverSockets {
  /// Mutual TLS below the frames, with certificates made by the openssl command.
  struct RPCTLSTests {
    /// Two authorities, each with a certificate for the service `test`; ours has signed one for another
    /// service as well.
    final class Certificates {
      let folder = "/tmp/focal-rpc-tls-\(UInt32.random(in: .min ... .max))"

      init() throws {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        for name in ["ours", "other"] {
          try run(
            """
            cd \(folder) &&
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
              -subj /CN=\(name) -keyout \(name)-ca.key -out \(name)-ca.pem
            """)
          try sign(name, by: name, service: "test")
        }
        try sign("neighbour", by: "ours", service: "neighbour")
      }

      private func sign(_ name: String, by authority: String, service: String) throws {
        try run(
          """
          cd \(folder) && printf subjectAltName=DNS:\(service) >names &&
          openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=peer \
            -keyout \(name).key -out \(name).csr &&
          openssl x509 -req -in \(name).csr -CA \(authority)-ca.pem -CAkey \(authority)-ca.key \
            -CAcreateserial -days 2 -extfile names -out \(name).pem
          """)
      }

      deinit { try? FileManager.default.removeItem(atPath: folder) }

      func server(_ name: String) throws -> TLSContext {
        try TLSContext(
          serverCertificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key",
          clientAuthority: "\(folder)/ours-ca.pem", protocols: [])
      }

      func client(_ name: String?, trusts authority: String = "ours") throws -> TLSContext {
        try TLSContext(
          clientAuthority: "\(folder)/\(authority)-ca.pem",
          certificate: name.map { "\(folder)/\($0).pem" },
          key: name.map { "\(folder)/\($0).key" })
      }

      private func run(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
      }
    }

    func call(
      _ certificates: Certificates, client tls: TLSContext?, _ body: [UInt8],
      server name: String = "ours", secrets: (server: String, client: String) = ("", "")
    ) async throws -> [UInt8] {
      let server = RPCServer(
        listen: .tcp(host: "127.0.0.1", port: 0), service: "test", instance: "1",
        secret: Secret(secrets.server), dispatchers: [TestService()],
        tls: try certificates.server(name))
      try await server.start()
      let client = RPCClient(
        service: "test", addresses: [.tcp(host: "127.0.0.1", port: server.port)],
        secret: Secret(tls == nil ? "x" : secrets.client), tls: tls)
      client.start()
      defer {
        client.close()
        server.close()
      }
      let context = CallContext(
        deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds, requestID: "tls")
      return try await client.call(TestService.echo, idempotent: true, body, context)
    }

    @Test func certificatesOfOneAuthorityProveBothSides() async throws {
      try await onLoop {
        let certificates = try Certificates()
        let large = [UInt8](repeating: 7, count: 1 << 20)
        let tls = try certificates.client("ours")
        #expect(try await self.call(certificates, client: tls, large) == large)
      }
    }

    @Test func aSecretBesideItCountsToo() async throws {
      try await onLoop {
        let certificates = try Certificates()
        let tls = try certificates.client("ours")
        let answer = try await self.call(
          certificates, client: tls, [1], secrets: ("the secret", "the secret"))
        #expect(answer == [1])
        for other in ["another secret", ""] {
          let error = await rpcError {
            try await self.call(certificates, client: tls, [1], secrets: ("the secret", other))
          }
          #expect(error?.code == .unavailable)
        }
      }
    }

    /// A process's certificate does not make it another service.
    @Test func aServiceHasToBeTheOneThatIsCalled() async throws {
      try await onLoop {
        let certificates = try Certificates()
        let tls = try certificates.client("ours")
        let error = await rpcError {
          try await self.call(certificates, client: tls, [1], server: "neighbour")
        }
        #expect(error?.code == .unavailable)
      }
    }

    @Test func anybodyElseIsRefused() async throws {
      try await onLoop {
        let certificates = try Certificates()
        let strangers = [
          try certificates.client("other"), try certificates.client(nil),
          try certificates.client("ours", trusts: "other"), nil,
        ]
        for stranger in strangers {
          let error = await rpcError {
            try await self.call(certificates, client: stranger, [1])
          }
          #expect(error?.code == .unavailable)
        }
      }
    }
  }
}
