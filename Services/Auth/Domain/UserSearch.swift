/// What an admin looks for: the beginnings of words, as a condition for `user_words`.
nonisolated struct UserSearch {
  static let wordsMax = 8

  /// A `tsquery`: `'ann':* & 'example':*`.
  let condition: String

  /// nil where the text has no word: everybody is found.
  init?(_ text: String) {
    let words = text.lowercased().unicodeScalars.split { !Self.isPartOfWord($0) }
    guard !words.isEmpty else { return nil }
    condition = words.prefix(Self.wordsMax).map { "'\(String($0))':*" }.joined(separator: " & ")
  }

  /// As the migration's `user_words` splits.
  private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "0"..."9", "\u{80}"..."\u{ffff}": true
    default: false
    }
  }
}
