/// What an owner may change of a session.
nonisolated struct SessionEdit: Hashable, Sendable {
  /// The end stays and the start moves; pauses are gone.
  var durationSeconds: Int?
  /// The whole session moves.
  var completedAt: Int64?
  var note: String?
  var projectID: String?

  var movesTime: Bool { durationSeconds != nil || completedAt != nil }

  enum Refusal: Error, Hashable {
    /// A running or paused session has no end and no length that could be edited.
    case active
    case broken(SessionRules.Broken)
  }

  /// The session with the edit in it, and its version counted up.
  func applied(to session: FocusSession, now: Int64) throws(Refusal) -> FocusSession {
    var session = session
    do {
      if let completedAt {
        try session.clock.setEnd(SessionRules.end(completedAt, now: now))
      }
      if let durationSeconds {
        try session.clock.setDuration(milliseconds: Int64(durationSeconds) * 1000)
      }
      if movesTime, session.clock.start < SessionRules.earliestMilliseconds {
        throw SessionRules.Broken(
          "completed_at", "too_early", "must not lie before the year 2000")
      }
    } catch let broken as SessionRules.Broken {
      throw .broken(broken)
    } catch {
      throw .active
    }
    if let note { session.note = note }
    if let projectID { session.projectID = projectID }
    session.version += 1
    return session
  }
}
