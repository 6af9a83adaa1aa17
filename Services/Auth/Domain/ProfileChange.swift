import Contracts
import TimeZones

/// What a user wants changed of their account: nil leaves a field as it is.
struct ProfileChange: Hashable {
  var username: String?
  /// Empty: removed; so `bio` and `image`.
  var name: String?
  var bio: String?
  var image: String?
  var timezone: String?
  var dayStartHour: Int32?
  var weekStart: WeekStart?
  var leaderboardOptOut: Bool?
  var forbidOverlap: Bool?

  /// Reports the fields that break a rule.
  func check(_ check: inout RuleCheck) {
    if let username {
      _ = check.value { () throws(RuleViolation) in try Username(parsing: username) }
    }
    if let image, !image.isEmpty {
      check.value { () throws(RuleViolation) in try ImageURL.check(image) }
    }
    if let timezone {
      check.value { () throws(RuleViolation) in try Self.checkZone(timezone) }
    }
    if let dayStartHour, !(0...23).contains(dayStartHour) {
      check.value { () throws(RuleViolation) in
        throw RuleViolation("day_start_hour", "range", "is not an hour from 0 to 23")
      }
    }
  }

  /// The account after the change; the same one where nothing changes.
  func applied(to account: Account, now: Int64) -> Account {
    var changed = account
    if let username { changed.username = username }
    if let name { changed.name = name.isEmpty ? nil : name }
    if let bio { changed.bio = bio.isEmpty ? nil : bio }
    if let image { changed.image = image.isEmpty ? nil : image }
    if let timezone { changed.timezone = timezone }
    if let dayStartHour { changed.dayStartHour = dayStartHour }
    if let weekStart { changed.weekStart = weekStart }
    if let leaderboardOptOut { changed.leaderboardOptOut = leaderboardOptOut }
    if let forbidOverlap { changed.forbidOverlap = forbidOverlap }
    guard changed != account else { return account }
    changed.version += 1
    changed.updatedAt = max(now, account.updatedAt)
    return changed
  }

  static func checkZone(_ name: String) throws(RuleViolation) {
    guard ZoneDatabase.shared.zone(named: name) != nil else {
      throw RuleViolation("timezone", "timezone", "is not the name of a time zone")
    }
  }
}
