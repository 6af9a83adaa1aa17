/// The address of a user's picture: an https URL of at most 2,048 characters, or the path of one that
/// we keep.
nonisolated enum ImageURL {
  static let bytesMax = 2048

  static func check(_ text: String) throws(RuleViolation) {
    guard isHTTPS(text) || AvatarAddress.isPath(text) else {
      throw RuleViolation(
        "image", "https_url", "is not an https URL of at most \(bytesMax) characters")
    }
  }

  /// Scheme, host without user, and nothing that RFC 3986 has no place for.
  private static func isHTTPS(_ text: String) -> Bool {
    guard text.utf8.count <= bytesMax, text.prefix(8).lowercased() == "https://",
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !isOutsideOfURLs($0) })
    else { return false }
    let authority = text.dropFirst(8).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.prefix { $0 != ":" }
    let port = authority.dropFirst(host.count)
    guard let first = host.first, first != ".", first != "-",
      host.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." })
    else { return false }
    return port.isEmpty || (2...6).contains(port.count) && port.dropFirst().allSatisfy(\.isNumber)
  }

  private static func isOutsideOfURLs(_ byte: UInt8) -> Bool {
    #""<>\^`{|}"#.utf8.contains(byte)
  }
}
