/// Takes out of an error's text what may be somebody's: addresses, quoted values, tokens.
///
/// Our own errors hold nothing of the kind; those of stores and libraries quote what they were given.
nonisolated enum Redaction {
  static let charactersMax = 500
  /// A longer word is no word: a token, a body.
  static let wordBytesMax = 64
  private static let mark = "[…]"

  static func text(_ text: String) -> String {
    // Cut first: what follows costs by the character.
    var parts = text.prefix(charactersMax).split(separator: "\"", omittingEmptySubsequences: false)
      .map { words($0) }
    for index in parts.indices where index % 2 == 1 {
      if !isIdentifier(parts[index]) { parts[index] = mark }
    }
    return parts.joined(separator: "\"")
  }

  private static func words(_ text: Substring) -> String {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace)
      .map { isDoubtful($0) ? mark : String($0) }
      .joined(separator: " ")
  }

  private static func isDoubtful(_ word: Substring) -> Bool {
    word.utf8.count > wordBytesMax || word.contains("@") || word.contains("eyJ")
  }

  /// The names of tables, columns and constraints stand in quotes too.
  private static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, (0x61...0x7A).contains(first) || first == 0x5F else {
      return false
    }
    return text.utf8.count <= wordBytesMax
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2E, 0x5F: true
        default: false
        }
      }
  }
}
