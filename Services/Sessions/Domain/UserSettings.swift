/// What the service knows of a user: as auth last told it.
nonisolated struct UserSettings: Hashable, Sendable {
  var calendar: FocusSession.Calendar
  /// Sessions that overlap are refused.
  var forbidsOverlap: Bool
  /// How others see the user; nil where an earlier release did not keep it.
  var username: String?
  /// The version of the account that the settings are of.
  var version: Int64
  /// The account is gone.
  var isDeleted: Bool
}
