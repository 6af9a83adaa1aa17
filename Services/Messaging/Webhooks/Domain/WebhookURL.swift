import Courier

/// Where a webhook may lead: a web server that anybody could call.
nonisolated enum WebhookURL {
  static let bytesMax = 2048

  /// Why a URL is refused, for the one who wrote it; nil for a good one.
  ///
  /// What a name resolves to is looked at when it is called: this only spares the user the wait.
  static func fault(of url: String, allowsPrivate: Bool) -> String? {
    guard url.utf8.count <= bytesMax, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return "is no URL of at most \(bytesMax) characters"
    }
    guard let rest = ["https://", "http://"].compactMap({ removed($0, from: url) }).first else {
      return "does not begin with https:// or http://"
    }
    let authority = rest.prefix { !"/?#\\".contains($0) }
    guard !authority.contains("@") else { return "has a user" }
    guard let host = host(of: authority) else { return "has no host" }
    guard allowsPrivate || !PublicAddress.excludes(host: host) else {
      return "leads to a private address"
    }
    return nil
  }

  private static func removed(_ scheme: String, from url: String) -> Substring? {
    url.prefix(scheme.count).lowercased() == scheme ? url.dropFirst(scheme.count) : nil
  }

  /// Without the brackets of IPv6; nil where host or port are none.
  private static func host(of authority: Substring) -> String? {
    var host = authority
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      host = authority[authority.index(after: authority.startIndex)..<end]
      guard isPort(authority[authority.index(after: end)...]) else { return nil }
      return host.contains(":") && host.allSatisfy(\.isASCII) ? String(host) : nil
    }
    if let colon = authority.firstIndex(of: ":") {
      guard isPort(authority[colon...]) else { return nil }
      host = authority[..<colon]
    }
    guard let first = host.first, first != ".", first != "-",
      host.utf8.count <= 253, host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) })
    else { return nil }
    return String(host)
  }

  /// Nothing, or a colon and a number.
  private static func isPort(_ text: Substring) -> Bool {
    guard text.first == ":" else { return text.isEmpty }
    guard let port = UInt16(text.dropFirst()) else { return false }
    return port > 0
  }
}
