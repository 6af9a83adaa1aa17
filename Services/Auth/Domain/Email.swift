/// An email address, as it was given and as it is compared.
nonisolated struct Email: Hashable {
  /// As given: what the owner sees, and where mail goes.
  let text: String
  /// In lower case: two addresses with one key are one account.
  let key: String

  static let bytesMax = 254
  private static let localBytesMax = 64

  /// One "@" between a local part and a domain of several labels, without spaces and controls.
  init(parsing text: String) throws(RuleViolation) {
    guard Self.isValid(text) else {
      throw RuleViolation("email", "email", "is not an email address")
    }
    self.text = text
    key = Self.key(of: text)
  }

  /// The key of any text: what a login looks for.
  static func key(of text: String) -> String { text.lowercased() }

  private static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard bytes.count <= bytesMax, parts.count == 2,
      (1...localBytesMax).contains(parts[0].utf8.count),
      bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else { return false }
    let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    return labels.count >= 2 && labels.allSatisfy { !$0.isEmpty }
  }
}
