import Contracts
import Events
import Wire

extension User {
  /// An account as its owner sees it.
  init(_ account: Account, _ totals: UserTotals) {
    self.init(
      id: account.id, email: account.email, username: account.username, name: account.name,
      image: account.image, bio: account.bio, role: account.role, timezone: account.timezone,
      dayStartHour: account.dayStartHour, weekStart: account.weekStart,
      leaderboardOptOut: account.leaderboardOptOut, forbidOverlap: account.forbidOverlap,
      emailVerified: account.emailVerified, totpEnabled: account.totpEnabled,
      totalFocusTime: totals.totalFocusTime, totalSessions: Int64(totals.totalSessions),
      createdAt: account.createdAt, updatedAt: account.updatedAt)
  }
}

extension Profile {
  /// An account as others see it.
  init(ofOther account: Account, _ totals: UserTotals) {
    self.init(
      id: account.id, username: account.username, name: account.name, image: account.image,
      bio: account.bio, totalFocusTime: totals.totalFocusTime,
      totalSessions: Int64(totals.totalSessions), createdAt: account.createdAt)
  }

  /// An account as its owner sees it.
  init(ofOwner account: Account, _ totals: UserTotals) {
    self.init(ofOther: account, totals)
    email = account.email
    role = account.role
    timezone = account.timezone
    dayStartHour = account.dayStartHour
    weekStart = account.weekStart
    leaderboardOptOut = account.leaderboardOptOut
    forbidOverlap = account.forbidOverlap
    emailVerified = account.emailVerified
    totpEnabled = account.totpEnabled
    updatedAt = account.updatedAt
  }
}

extension UserChanged {
  init(_ account: Account) {
    self.init(
      userID: account.id, username: account.username, image: account.image,
      timezone: account.timezone, dayStartHour: account.dayStartHour,
      weekStart: account.weekStart, forbidOverlap: account.forbidOverlap,
      leaderboardOptOut: account.leaderboardOptOut, version: account.version)
  }
}

extension Event {
  /// The topic of `UserChanged`.
  static let userChanged = "user.changed"

  /// Tells what an account has become.
  init(changed account: Account) throws {
    try self.init(topic: Self.userChanged, UserChanged(account))
  }
}

extension ProfileChange {
  init(_ request: UpdateProfileRequest) {
    self.init(
      username: request.username, name: request.name, bio: request.bio, image: request.image,
      timezone: request.timezone, dayStartHour: request.dayStartHour,
      weekStart: request.weekStart == .unspecified ? nil : request.weekStart,
      leaderboardOptOut: request.leaderboardOptOut, forbidOverlap: request.forbidOverlap)
  }
}

extension Device {
  /// - Parameter caller: the device that asks.
  init(_ device: SignedInDevice, caller: String) {
    self.init(
      id: device.id, userAgent: device.userAgent, ip: device.ip, createdAt: device.createdAt,
      lastSeenAt: device.lastSeenAt, current: device.id == caller)
  }
}

extension AdminUser {
  init(_ entry: UserDirectory.Entry) {
    let account = entry.account
    self.init(
      id: account.id, email: account.email, username: account.username, name: account.name,
      role: account.role, banned: entry.isBanned, emailVerified: account.emailVerified,
      totpEnabled: account.totpEnabled, createdAt: account.createdAt, updatedAt: account.updatedAt)
  }
}

extension ApiToken {
  /// - Parameter token: the token itself, where it is to be shown.
  init(_ record: APITokenRecord, token: Secret? = nil) {
    self.init(
      id: record.id, name: record.name, scope: record.scope, prefix: record.prefix,
      createdAt: record.createdAt, expiresAt: record.expiresAt, lastUsedAt: record.lastUsedAt,
      token: token)
  }
}
