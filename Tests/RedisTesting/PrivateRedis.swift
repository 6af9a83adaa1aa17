import Foundation

/// A Redis of this test's own, to be stopped, killed and started again.
public final class PrivateRedis {
  public nonisolated static let program = "/usr/bin/redis-server"
  public nonisolated static let isMissing = "\(program) is not installed"
  public nonisolated static var isInstalled: Bool { access(program, X_OK) == 0 }

  public let folder = "/tmp/focal-redis-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  public var socket: String { folder + "/socket" }
  /// With the password as it is: not one that a URL has to encode.
  public var url: String { password.map { "unix://:\($0)@\(socket)" } ?? "unix:\(socket)" }
  private let password: String?
  public private(set) var pid: pid_t = 0

  deinit {}

  public init(password: String? = nil) throws {
    self.password = password
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    start()
  }

  public func start() {
    var line = [
      Self.program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no",
      "--dir", folder, "--daemonize", "no",
    ]
    if let password { line += ["--requirepass", password] }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in 0...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    let arguments = line.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    posix_spawn(&pid, Self.program, &actions, nil, arguments, environ)
    waitUntilItListens()
  }

  /// Its socket is there a moment before anybody can connect to it.
  private func waitUntilItListens() {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
    for _ in 0..<10_000 {
      let probe = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(probe) }
      let outcome = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      if outcome == 0 { return }
      usleep(1000)
    }
  }

  public func signal(_ number: Int32) { Foundation.kill(pid, number) }

  public func kill() {
    guard pid > 0 else { return }
    Foundation.kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    pid = 0
  }

  public func remove() {
    kill()
    do { try FileManager.default.removeItem(atPath: folder) } catch {}
  }
}
