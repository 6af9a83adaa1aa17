import EventLoop
import Foundation

/// A PostgreSQL of this test's own, to be killed and started again.
final class PrivatePostgres {
  nonisolated static let folder = "/usr/lib/postgresql/15/bin"
  nonisolated static let isMissing = "PostgreSQL 15 is not installed in \(folder)"
  nonisolated static var isInstalled: Bool { access(folder + "/postgres", X_OK) == 0 }

  let path: String
  var url: String { "postgres://postgres@/postgres?host=\(path)" }

  /// Starts one, and removes it when `body` is done.
  static func run(_ body: (PrivatePostgres) async throws -> Void) async throws {
    let server = PrivatePostgres()
    try await server.initialize()
    do {
      try await body(server)
    } catch {
      await server.remove()
      throw error
    }
    await server.remove()
  }

  private init() { path = "/tmp/focal-pg-\(getpid())-\(UInt32.random(in: 0 ... .max))" }

  private func initialize() async throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if geteuid() == 0, let user = getpwnam("postgres") {
      chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }
    try await run(["initdb", "-D", path + "/data", "-A", "trust", "-U", "postgres", "--no-sync"])
    try await start()
  }

  func start() async throws {
    try await run([
      "pg_ctl", "-D", path + "/data", "-l", path + "/log", "-w", "-o",
      "-c listen_addresses='' -c unix_socket_directories=\(path) -c fsync=off", "start",
    ])
  }

  func stop() async throws {
    try await run(["pg_ctl", "-D", path + "/data", "-m", "immediate", "-w", "stop"])
  }

  /// The postmaster.
  func pid() throws -> pid_t {
    let text = try String(contentsOfFile: path + "/data/postmaster.pid", encoding: .utf8)
    guard let pid = pid_t(text.split(separator: "\n")[0]) else { throw Failure(command: "pid") }
    return pid
  }

  private func remove() async {
    do { try await stop() } catch {}
    do { try FileManager.default.removeItem(atPath: path) } catch {}
  }

  private func run(_ arguments: [String]) async throws {
    var line = [Self.folder + "/" + arguments[0]] + arguments.dropFirst()
    if geteuid() == 0 {
      line =
        [
          "/usr/bin/env", "-C", "/tmp", "/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres",
          "--clear-groups",
        ] + line
    }
    let command = line
    guard try await blocking({ Self.status(of: command) }) == 0 else {
      throw Failure(command: arguments[0])
    }
  }

  /// Foundation's Process waits by turning the main run loop, which the test itself blocks.
  nonisolated private static func status(of line: [String]) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in 0...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    let arguments = line.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid = pid_t()
    guard posix_spawn(&pid, line[0], &actions, nil, arguments, environ) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }

  struct Failure: Error { let command: String }
}
