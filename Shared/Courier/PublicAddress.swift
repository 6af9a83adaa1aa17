import Glibc
import Network

/// Which addresses are on the public Internet: the only ones that a URL of a user's may lead to.
///
/// By IANA's registries of special-purpose addresses (RFC 6890 and what followed it): loopback,
/// private, link-local (where clouds keep their metadata), shared, documentation, multicast,
/// reserved, and everything by which an IPv4 address hides in an IPv6 one.
public nonisolated enum PublicAddress {
  private static let specialIPv4: [(prefix: UInt32, bits: UInt32)] = [
    (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16),
    (0xAC10_0000, 12), (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24),
    (0xC0A8_0000, 16), (0xC612_0000, 15), (0xC633_6400, 24), (0xCB00_7100, 24),
    (0xE000_0000, 4), (0xF000_0000, 4),
  ]

  /// Whether these 4 or 16 bytes, in network order, are a public address.
  public static func contains(_ bytes: [UInt8]) -> Bool {
    switch bytes.count {
    case 4: containsIPv4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case 16: containsIPv6(bytes)
    default: false
    }
  }

  /// Whether a URL's host is by its very spelling no public address: a numeric one in any of the
  /// forms that resolvers take (`0x7f.1`), or the machine itself. A name may still resolve to one.
  public static func excludes(host: String) -> Bool {
    var name = host.lowercased()
    while name.hasSuffix(".") { name.removeLast() }
    if name.isEmpty || name == "localhost" || name.hasSuffix(".localhost") { return true }
    if let address = IPAddress(name) { return !contains(address.bytes) }
    var four = in_addr()
    guard inet_aton(name, &four) != 0 else { return false }
    return !withUnsafeBytes(of: &four) { contains(Array($0)) }
  }

  private static func containsIPv4(_ address: UInt32) -> Bool {
    !specialIPv4.contains { address >> (32 - $0.bits) == $0.prefix >> (32 - $0.bits) }
  }

  private static func containsIPv6(_ bytes: [UInt8]) -> Bool {
    // Only 2000::/3 is given out as global unicast; ::1, fc00::/7, fe80::/10, ff00::/8, mapped
    // addresses and NAT64 lie outside.
    guard bytes[0] & 0xE0 == 0x20 else { return false }
    let start = bytes[0..<4].reduce(0) { $0 << 8 | UInt32($1) }
    let special =
      start >> 9 == 0x2001_0000 >> 9  // protocols: Teredo, ORCHID, benchmarks
      || start == 0x2001_0DB8  // documentation
      || start >> 16 == 0x2002  // 6to4
      || start >> 12 == 0x3FFF_0000 >> 12  // documentation
    return !special
  }

  /// Of a socket address; what is neither IPv4 nor IPv6 is not public.
  static func contains(_ address: UnsafePointer<sockaddr>, family: Int32) -> Bool {
    let raw = UnsafeRawPointer(address)
    switch family {
    case AF_INET:
      var four = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
      return withUnsafeBytes(of: &four) { contains(Array($0)) }
    case AF_INET6:
      var sixteen = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      return withUnsafeBytes(of: &sixteen) { contains(Array($0)) }
    default: return false
    }
  }
}
