import Glibc

/// An address as the kernel takes it: IPv4, IPv6 or a Unix path.
public nonisolated struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(_ storage: inout sockaddr_storage, length: socklen_t) {
    bytes = withUnsafeBytes(of: &storage) { Array($0.prefix(Int(length))) }
  }

  /// A path that fits (`Address` has checked it).
  init(path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    bytes = withUnsafeBytes(of: &address) { Array($0) }
  }

  public var family: Int32 {
    bytes.count < 2 ? AF_UNSPEC : Int32(UInt16(bytes[0]) | UInt16(bytes[1]) << 8)
  }

  public var isUnix: Bool { family == AF_UNIX }

  /// The port; 0 for a Unix socket.
  public var port: UInt16 {
    guard family == AF_INET || family == AF_INET6, bytes.count >= 4 else { return 0 }
    return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
  }

  /// The numeric host: `127.0.0.1`, `::1`; an IPv4 address mapped into IPv6 reads as IPv4.
  public var host: String {
    switch family {
    case AF_INET where bytes.count >= 8:
      return dotted(from: 4)
    case AF_INET6 where bytes.count >= 24:
      let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
      if Array(bytes[8..<20]) == mapped {
        return dotted(from: 20)
      }
      return numericHost
    default: return "unix"
    }
  }

  public var description: String { isUnix ? "unix" : "\(host):\(port)" }

  func withSockaddr<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { preconditionFailure("an empty address") }
      return body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
  }

  /// Four bytes as `127.0.0.1`; asked for by every request, so it makes no garbage.
  private func dotted(from start: Int) -> String {
    String(unsafeUninitializedCapacity: 15) { text in
      var count = 0
      for index in start..<start + 4 {
        let byte = bytes[index]
        if index > start { (text[count], count) = (UInt8(ascii: "."), count + 1) }
        if byte >= 100 { (text[count], count) = (48 + byte / 100, count + 1) }
        if byte >= 10 { (text[count], count) = (48 + byte / 10 % 10, count + 1) }
        (text[count], count) = (48 + byte % 10, count + 1)
      }
      return count
    }
  }

  private var numericHost: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
      guard let text = buffer.baseAddress else { return "" }
      let failure = withSockaddr { address, length in
        getnameinfo(address, length, text, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
      }
      return failure == 0 ? String(cString: text) : ""
    }
  }
}
