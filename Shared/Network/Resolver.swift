import EventLoop
import Glibc

/// A name that did not resolve, or a socket call that failed.
public struct NetworkError: Error, CustomStringConvertible {
  public let operation: String
  public let code: Int32
  public let description: String

  public init(_ operation: String, errno code: Int32) {
    self.operation = operation
    self.code = code
    description = "\(operation): \(String(cString: strerror(code)))"
  }

  init(_ operation: String, reason: String) {
    self.operation = operation
    code = 0
    description = "\(operation): \(reason)"
  }
}

/// Names to addresses, by the system's resolver on a thread of its own.
public enum Resolver {
  private static let pool = BlockingPool(threads: 2, queueLimit: 256)

  /// All addresses of a name, at least one; numeric hosts and paths without waiting.
  public static func resolve(_ address: Address) async throws -> [SocketAddress] {
    switch address {
    case .unix(let path): return [SocketAddress(path: path)]
    case .tcp(let host, let port):
      if let numeric = try? lookUp(host, port: port, flags: AI_NUMERICHOST) { return numeric }
      return try await pool.run { try lookUp(host, port: port, flags: 0) }
    }
  }

  /// The address of a listener: `0.0.0.0` and `::` included.
  public static func numeric(_ address: Address) throws -> SocketAddress {
    switch address {
    case .unix(let path): return SocketAddress(path: path)
    case .tcp(let host, let port):
      let name = host == "localhost" ? "127.0.0.1" : host
      return try lookUp(name, port: port, flags: AI_PASSIVE)[0]
    }
  }

  nonisolated private static func lookUp(
    _ host: String, port: UInt16, flags: Int32
  ) throws -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host, String(port), &hints, &list)
    guard failure == 0 else {
      throw NetworkError("resolve \(host)", reason: String(cString: gai_strerror(failure)))
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next {
      if let address = entry.pointee.ai_addr {
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen))
        let candidate = SocketAddress(bytes: Array(bytes))
        if !found.contains(candidate) { found.append(candidate) }
      }
      next = entry.pointee.ai_next
    }
    guard !found.isEmpty else { throw NetworkError("resolve \(host)", reason: "no address") }
    return found
  }
}
