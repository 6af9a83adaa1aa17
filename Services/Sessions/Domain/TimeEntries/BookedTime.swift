/// A time entry, as the service keeps it.
nonisolated struct BookedTime: Hashable, Sendable {
  var id: String
  var userID: String
  var projectID: String?
  var description: String?
  /// Milliseconds since the epoch.
  var start: Int64
  /// Nil while the entry runs.
  var end: Int64?
  var source: FocusSession.Source
  /// Whose days the entry counts for.
  var calendar: FocusSession.Calendar
  var createdAt: Int64
  /// Counts up by one for each change.
  var version: Int64

  /// An entry holds a day at the most: one that was forgotten ends then.
  static let millisecondsMax: Int64 = 24 * 3_600_000

  var isRunning: Bool { end == nil }

  /// How long it took, up to `now` where it still runs.
  func milliseconds(now: Int64) -> Int64 {
    min(max(0, (end ?? now) - start), Self.millisecondsMax)
  }

  /// Ends a running entry.
  mutating func stop(at instant: Int64) {
    guard isRunning else { return }
    end = start + milliseconds(now: instant)
    version += 1
  }

  /// Whether nothing but the version differs.
  func isSame(as other: BookedTime) -> Bool {
    var same = other
    same.version = version
    return self == same
  }
}
