/// In which order posts are listed.
nonisolated enum PostOrder: Character, CaseIterable, Sendable {
  /// The newest first.
  case new = "n"
  /// The most liked first.
  case top = "t"
  /// By likes against age.
  case hot = "h"
  /// The best matches of a search first, among the newest ones.
  case relevance = "r"

  /// How many matches are ranked: a word that everybody uses should not cost more than a rare one.
  static let rankedMax = 200
}
