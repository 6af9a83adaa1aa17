import Foundation

/// Certificates for the tests, made by the `openssl` program once a run: two authorities, a server, a
/// client.
struct TLSCertificates {
  static let shared = TLSCertificates()

  private let folder: String

  /// Path of a PEM file: `authority.pem`, `other.pem`, `server.pem`, `server.key`, `client.pem`,
  /// `client.key`.
  func path(_ name: String) -> String { folder + "/" + name }

  private init() {
    folder = NSTemporaryDirectory() + "focal-tls-\(getpid())"
    let script = """
      set -e; mkdir -p "$0"; cd "$0"
      key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
      for name in authority other; do
        key $name.key
        openssl req -x509 -new -key $name.key -subj "/CN=$name" -days 2 -out $name.pem
      done
      printf 'subjectAltName=DNS:focal.test,IP:127.0.0.1\\n' > names
      for name in server client; do
        key $name.key
        openssl req -new -key $name.key -subj "/CN=$name" -out $name.csr
        openssl x509 -req -in $name.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
          -days 2 -extfile names -out $name.pem
      done
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, folder]
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      process.waitUntilExit()
      precondition(process.terminationStatus == 0, "openssl made no certificates")
    } catch {
      preconditionFailure("no shell: \(error)")
    }
  }
}
