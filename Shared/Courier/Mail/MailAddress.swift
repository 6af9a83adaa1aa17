/// An address of a mail with the name before it: `Focal <focal@example.com>` or the address alone.
public nonisolated struct MailAddress: Hashable, Sendable {
  public let name: String
  /// `local@domain`.
  public let address: String

  static let bytesMax = 254

  /// Nil for what could be no mailbox, or would break out of its line.
  public init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
      name = Self.unquoted(text[..<open])
      address = String(text[text.index(after: open)...].dropLast())
    } else {
      name = ""
      address = text
    }
    guard Self.isAddress(address) else { return nil }
  }

  /// The sender where no setting names one.
  static let fallback = MailAddress(name: "Focal", address: "focal@localhost")

  private init(name: String, address: String) {
    self.name = name
    self.address = address
  }

  /// What stands after the `@`.
  public var domain: String {
    address.lastIndex(of: "@").map { String(address[address.index(after: $0)...]) } ?? ""
  }

  private static func isAddress(_ text: String) -> Bool {
    guard text.utf8.count <= bytesMax, let at = text.lastIndex(of: "@"), at != text.startIndex,
      text.index(after: at) != text.endIndex
    else { return false }
    return !text.utf8.contains { #" <>,;:\"()[]"#.utf8.contains($0) }
  }

  private static func unquoted(_ text: Substring) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    while text.first == " " { text.removeFirst() }
    if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
      text = text.dropFirst().dropLast()
    }
    return String(text)
  }
}
