import Foundation

/// A PostgreSQL of this test's own, to be killed and started again.
final class PrivatePostgres {
  nonisolated static let folder = "/usr/lib/postgresql/15/bin"
  nonisolated static let isMissing = "PostgreSQL 15 is not installed in \(folder)"
  nonisolated static var isInstalled: Bool { access(folder + "/postgres", X_OK) == 0 }

  let path: String
  var url: String { "postgres://postgres@/postgres?host=\(path)" }

  init() throws {
    path = "/tmp/focal-pg-\(getpid())-\(UInt16.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if geteuid() == 0, let user = getpwnam("postgres") {
      chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }
    try run(["initdb", "-D", path + "/data", "-A", "trust", "-U", "postgres", "--no-sync"])
    try start()
  }

  func start() throws {
    try run([
      "pg_ctl", "-D", path + "/data", "-l", path + "/log", "-w", "-o",
      "-c listen_addresses='' -c unix_socket_directories=\(path) -c fsync=off", "start",
    ])
  }

  func stop() throws { try run(["pg_ctl", "-D", path + "/data", "-m", "immediate", "-w", "stop"]) }

  /// The postmaster, and with it soon its children.
  func kill() throws {
    let text = try String(contentsOfFile: path + "/data/postmaster.pid", encoding: .utf8)
    guard let pid = Int32(text.split(separator: "\n")[0]) else { return }
    Foundation.kill(pid, SIGKILL)
  }

  func remove() {
    do { try stop() } catch {}
    do { try FileManager.default.removeItem(atPath: path) } catch {}
  }

  private func run(_ arguments: [String]) throws {
    let process = Process()
    var line = [Self.folder + "/" + arguments[0]] + arguments.dropFirst()
    if geteuid() == 0 {
      line = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + line
    }
    process.executableURL = URL(fileURLWithPath: line[0])
    process.arguments = Array(line.dropFirst())
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(command: arguments[0]) }
  }

  struct Failure: Error { let command: String }
}
