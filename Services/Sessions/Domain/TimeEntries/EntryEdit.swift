/// What an owner may change of a time entry.
nonisolated struct EntryEdit: Hashable, Sendable {
  var start: Int64?
  /// Ends an entry that runs.
  var end: Int64?
  /// Empty removes it.
  var description: String?
  /// Empty: on no project.
  var projectID: String?

  var movesTime: Bool { start != nil || end != nil }

  /// The entry with the edit in it, and its version counted up.
  func applied(to entry: BookedTime, now: Int64) throws(SessionRules.Broken) -> BookedTime {
    var entry = entry
    if let start { entry.start = try EntryRules.start(start, now: now) }
    entry.end = end ?? entry.end
    if movesTime, let end = entry.end {
      entry.end = try EntryRules.end(end, start: entry.start, now: now)
    }
    if let description { entry.description = description.isEmpty ? nil : description }
    if let projectID { entry.projectID = projectID.isEmpty ? nil : projectID }
    entry.version += 1
    return entry
  }
}
