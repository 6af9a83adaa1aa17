import TimeZones

/// What is kept of a user besides days: settings, totals, and the version that caches are checked
/// against.
nonisolated struct Summary: Hashable, Sendable {
  /// nil until the settings are known.
  var calendar: UserCalendar?
  /// The version of the account that the settings are of.
  var settingsVersion: Int64
  /// Seconds of work of all time, no day holding more than its length.
  var workSeconds: Int
  var workSessions: Int
  /// Another number with each change of anything that metrics show.
  var version: Int64
  var isDeleted: Bool
  /// What the user shows is known.
  var isNamed: Bool
}
