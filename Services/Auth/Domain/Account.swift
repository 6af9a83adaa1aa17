import Contracts

/// A user's account, as it is stored. Times are milliseconds since the epoch.
nonisolated struct Account: Hashable {
  var id: String
  var email: String
  var username: String
  var name: String?
  var image: String?
  var bio: String?
  var role = UserRole.user
  /// An IANA name.
  var timezone = "UTC"
  /// 0 to 23.
  var dayStartHour: Int32 = 0
  var weekStart = WeekStart.monday
  var leaderboardOptOut = false
  var forbidOverlap = false
  var emailVerified = false
  var totpEnabled = false
  /// Counts up by one for each change.
  var version: Int64 = 1
  var createdAt: Int64
  var updatedAt: Int64

  init(id: String, email: String, username: String, createdAt: Int64) {
    self.id = id
    self.email = email
    self.username = username
    self.createdAt = createdAt
    updatedAt = createdAt
  }
}
