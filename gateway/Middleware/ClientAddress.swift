import HTTP
import Network

/// Whose request it is, as an address: the peer, or what a trusted proxy says in X-Forwarded-For.
struct TrustedProxies {
  private let networks: [NetworkPrefix]

  /// Trusts nobody.
  init() { networks = [] }

  /// `TRUSTED_PROXIES`: addresses or prefixes, `10.0.0.0/8`. `nil` if one of them is neither.
  init?(_ texts: [String]) {
    var networks: [NetworkPrefix] = []
    for text in texts {
      guard let network = NetworkPrefix(text) else { return nil }
      networks.append(network)
    }
    self.networks = networks
  }

  /// The nearest address that is no trusted proxy, reading X-Forwarded-For from its end: what stands
  /// before that was written by who knows whom.
  func client(peer: String, forwardedFor: @autoclosure () -> String?) -> String {
    guard isTrusted(peer), let list = forwardedFor() else { return peer }
    var client = peer
    for part in list.split(separator: ",").reversed() {
      let address = part.drop { $0 == " " }.prefix { $0 != " " }
      guard IPAddress(String(address)) != nil else { return client }
      client = String(address)
      guard isTrusted(client) else { return client }
    }
    return client
  }

  /// Whether the client came by HTTPS: to us, or to a trusted proxy.
  func isHTTPS(_ request: HTTPRequest) -> Bool {
    request.isSecure
      || isHTTPS(
        peer: request.peer.host, forwardedProto: request.header("x-forwarded-proto"))
  }

  /// Whether a trusted proxy took the request by HTTPS (X-Forwarded-Proto).
  func isHTTPS(
    peer: @autoclosure () -> String, forwardedProto: @autoclosure () -> String?
  ) -> Bool {
    !networks.isEmpty && forwardedProto() == "https" && isTrusted(peer())
  }

  /// Whether what a peer says of a request's origin counts.
  func isTrusted(_ address: String) -> Bool {
    guard !networks.isEmpty, let address = IPAddress(address) else { return false }
    return networks.contains { $0.contains(address) }
  }
}

/// Whom a limit counts who has not signed in.
enum ClientNetwork {
  /// An IPv4 address by itself; of an IPv6 address the first 64 bits, since every customer has all that
  /// begin so.
  static func name(of client: String) -> String {
    guard client.utf8.contains(UInt8(ascii: ":")), let address = IPAddress(client) else {
      return client
    }
    guard address.bytes.count == 16 else {
      return address.bytes.map(String.init).joined(separator: ".")
    }
    return address.bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ".") + "/64"
  }
}

/// Addresses that share their first bits (RFC 4632).
struct NetworkPrefix {
  private let address: IPAddress
  private let bits: Int

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
    self.address = address
    let width = address.bytes.count * 8
    guard parts.count == 2 else {
      bits = width
      return
    }
    guard let bits = Int(parts[1]), (0...width).contains(bits) else { return nil }
    self.bits = bits
  }

  func contains(_ other: IPAddress) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    let whole = bits / 8
    guard address.bytes.prefix(whole) == other.bytes.prefix(whole) else { return false }
    let rest = bits % 8
    guard rest > 0 else { return true }
    let mask = UInt8.max << UInt8(8 - rest)
    return address.bytes[whole] & mask == other.bytes[whole] & mask
  }
}
