import Wire

/// Why the service refuses a call about time entries, in the words that the caller sees.
enum EntryRefusal {
  static let notFound = RPCError(.notFound, "not_found", "There is no such time entry.")
  static let alreadyRunning = RPCError(
    .alreadyExists, "already_running", "A time entry is running already.")
  static let notRunning = RPCError(
    .failedPrecondition, "not_running", "No time entry is running.")
  static let overlaps = RPCError(
    .failedPrecondition, "overlap", "The time entry overlaps another one, or a session.")
  static let badProject = Refusal.broken(
    SessionRules.Broken("project_id", "uuid", "is not an id"))
}
