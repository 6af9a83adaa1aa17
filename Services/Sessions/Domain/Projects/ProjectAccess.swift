/// What somebody may do with a project.
nonisolated struct ProjectAccess: Hashable, Sendable {
  var visibility: FocusProject.Visibility
  /// Nil for who is no member.
  var role: FocusProject.Role?

  enum Use: Sendable {
    case see
    case book
    case manage
  }

  enum Verdict: Hashable, Sendable {
    case allowed
    /// The project is seen, but this is not for everybody who sees it.
    case forbidden
    /// For this person there is no such project.
    case hidden
  }

  func verdict(on use: Use) -> Verdict {
    switch (role, use) {
    case (nil, _) where visibility == .members: .hidden
    case (_, .see), (.owner, _), (.contributor, .book): .allowed
    default: .forbidden
    }
  }
}
