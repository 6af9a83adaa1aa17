/// Why a text is no address.
public struct AddressError: Error, CustomStringConvertible {
  public let description: String
}

/// Where a service listens or is found: `tcp:host:port` (or `host:port`), `unix:path`.
public nonisolated enum Address: Hashable, Sendable, CustomStringConvertible {
  case tcp(host: String, port: UInt16)
  case unix(path: String)

  /// The longest path that fits a `sockaddr_un`.
  public static let pathBytesMax = 107

  public init(parsing text: String) throws(AddressError) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard !path.isEmpty, path.utf8.count <= Self.pathBytesMax, !path.utf8.contains(0) else {
        throw AddressError(description: "a unix address needs a path of 1 to 107 bytes")
      }
      self = .unix(path: path)
      return
    }
    let rest = text.hasPrefix("tcp:") ? text.dropFirst("tcp:".count) : text[...]
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...])
    else { throw AddressError(description: "an address is tcp:host:port or unix:path") }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.count <= 253, !host.utf8.contains(0) else {
      throw AddressError(description: "an address needs a host")
    }
    self = .tcp(host: String(host), port: port)
  }

  public var description: String {
    switch self {
    case .tcp(let host, let port):
      host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
