import CLinux
import EventLoop
import Glibc

/// Accepts connections on an address, up to a limit; survives running out of descriptors.
public final class Listener: Source {
  public let localAddress: SocketAddress
  /// Connections that were closed at once: over the limit, or no descriptor left.
  public private(set) var refused = 0
  public private(set) var accepted = 0
  public var isPaused = false

  private let connectionLimit: Int
  private let accept: (Int32, SocketAddress) -> Connection?
  private var open = 0
  /// Kept back so that a connection can still be accepted and closed when the table is full (EMFILE):
  /// an edge-triggered listener that cannot accept would otherwise never be told again.
  private var reserve = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
  private let path: String?

  /// Listens at once. `accept` makes the connection (or `nil` to drop it).
  public init(
    _ address: SocketAddress, backlog: Int32 = 1024, sharesPort: Bool = false,
    connectionLimit: Int, _ accept: @escaping (Int32, SocketAddress) -> Connection?
  ) throws {
    let descriptor = focal_socket(address.family)
    guard descriptor >= 0 else { throw NetworkError("socket", errno: errno) }
    path = address.isUnix ? Listener.path(of: address) : nil
    if let path { unlink(path) }
    let failure = address.withSockaddr {
      focal_bind_listen(descriptor, $0, $1, backlog, sharesPort ? 1 : 0)
    }
    guard failure == 0 else {
      let code = errno
      Glibc.close(descriptor)
      throw NetworkError("listen on \(address)", errno: code)
    }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(descriptor, $0, &length)
      }
    }
    localAddress = SocketAddress(&storage, length: length)
    self.connectionLimit = connectionLimit
    self.accept = accept
    super.init(descriptor: descriptor, trigger: .edge)
  }

  public var port: UInt16 { localAddress.port }
  public var openConnections: Int { open }

  public override func ready(_ readiness: Readiness) {
    while !isClosed {
      var storage = sockaddr_storage()
      var length = socklen_t()
      let descriptor = focal_accept(self.descriptor, &storage, &length)
      if descriptor >= 0 {
        take(descriptor, SocketAddress(&storage, length: length))
      } else if errno == EMFILE || errno == ENFILE {
        guard refuseOne() else { return }
      } else if errno != EINTR && errno != ECONNABORTED {
        return
      }
    }
  }

  public override func close() {
    guard !isClosed else { return }
    super.close()
    if reserve >= 0 { Glibc.close(reserve) }
    if let path { unlink(path) }
  }

  private func take(_ descriptor: Int32, _ peer: SocketAddress) {
    guard open < connectionLimit, let connection = accept(descriptor, peer) else {
      refused += 1
      Glibc.close(descriptor)
      return
    }
    if !peer.isUnix { focal_no_delay(descriptor) }
    accepted += 1
    guard !connection.isClosed else { return }
    open += 1
    connection.onClosed = { [weak self] in self?.open -= 1 }
  }

  /// Gives up the spare descriptor to accept one connection and close it.
  private func refuseOne() -> Bool {
    guard reserve >= 0 else { return false }
    Glibc.close(reserve)
    var storage = sockaddr_storage()
    var length = socklen_t()
    let descriptor = focal_accept(self.descriptor, &storage, &length)
    if descriptor >= 0 { Glibc.close(descriptor) }
    reserve = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
    refused += 1
    return descriptor >= 0
  }

  private static func path(of address: SocketAddress) -> String {
    String(decoding: address.bytes.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
  }
}
