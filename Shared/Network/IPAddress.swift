import Glibc

/// A numeric IPv4 or IPv6 address.
public nonisolated struct IPAddress: Hashable, Sendable {
  /// 4 or 16 bytes, in network order. An IPv4 address mapped into IPv6 is the IPv4 address.
  public let bytes: [UInt8]

  public init?(_ text: String) {
    guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
    var four = in_addr()
    var sixteen = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: &four) { Array($0) }
    } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
      let all = withUnsafeBytes(of: &sixteen) { Array($0) }
      let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
      bytes = Array(all.prefix(12)) == mapped ? Array(all.suffix(4)) : all
    } else {
      return nil
    }
  }
}
