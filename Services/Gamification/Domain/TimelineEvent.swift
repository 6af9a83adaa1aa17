/// One thing that a user did, as the database has it.
nonisolated struct TimelineEvent: Hashable, Sendable {
  /// The values are those of the timeline's statements.
  enum Kind: Int32, Sendable {
    case work = 1
    case rest = 2
    case badge = 3
    case project = 4
    case entry = 5
    case post = 6

    /// As the contract names it.
    var name: String {
      switch self {
      case .work, .rest: "session_completed"
      case .badge: "badge_awarded"
      case .project: "project_created"
      case .entry: "time_entry_completed"
      case .post: "post_created"
      }
    }
  }

  var id: String
  var kind: Kind
  var subjectID: String
  /// Milliseconds since the epoch.
  var at: Int64
  /// Of the badge, project or post; of a time entry, its project's, where that may be named.
  var name: String?
  /// Of a session or time entry.
  var seconds: Int

  var text: String {
    switch kind {
    case .work: "Focused for \(Self.length(seconds))"
    case .rest: "Took a break of \(Self.length(seconds))"
    case .badge: "Badge earned: \(name ?? "")"
    case .project: "Project created: \(name ?? "")"
    case .entry: "Logged \(Self.length(seconds))" + (name.map { " on \($0)" } ?? "")
    case .post: "Post written: \(name ?? "")"
    }
  }

  private static func length(_ seconds: Int) -> String {
    if seconds < 60 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
    return seconds < 120 ? "1 minute" : "\(seconds / 60) minutes"
  }
}
