/// The forms of addresses and URLs, as far as a setting can be wrong about them. Faults never show the
/// text, which may hold a password.
nonisolated enum AddressText {
  /// The longest path of a Unix socket: `sun_path` holds 108 bytes with the NUL.
  static let pathBytesMax = 107

  /// `tcp:host:port`, `unix:path`, `host:port`, IPv6 hosts in brackets; `nil` where it is right.
  static func fault(of text: String) -> String? {
    if text.hasPrefix("unix:") {
      let length = text.utf8.count - 5
      if length == 0 { return "unix: needs a path" }
      return length <= pathBytesMax ? nil : "the path is longer than \(pathBytesMax) bytes"
    }
    let rest = text.hasPrefix("tcp:") ? text.dropFirst(4) : text[...]
    guard let colon = rest.lastIndex(of: ":") else { return "is not tcp:host:port or unix:path" }
    let host = rest[..<colon]
    guard isHost(host) else { return "the host is malformed" }
    guard UInt16(rest[rest.index(after: colon)...]) != nil else { return "the port is malformed" }
    return nil
  }

  static func fault(ofURL text: String, schemes: [String]) -> String? {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return "a URL has no blanks or characters beyond ASCII"
    }
    let scheme = text.prefix { $0 != ":" }
    guard schemes.contains(String(scheme)), text.dropFirst(scheme.count).hasPrefix("://") else {
      return "must begin with " + schemes.map { $0 + "://" }.joined(separator: " or ")
    }
    if text.dropFirst(scheme.count + 3).isEmpty { return "the URL ends after its scheme" }
    return nil
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("["), host.hasSuffix("]") {
      return host.utf8.count > 2
        && host.dropFirst().dropLast().utf8.allSatisfy { $0 == 0x3A || $0 == 0x2E || isWord($0) }
    }
    return !host.isEmpty && host.utf8.count <= 253
      && host.utf8.allSatisfy { $0 == 0x2E || $0 == 0x2D || $0 == 0x5F || isWord($0) }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
