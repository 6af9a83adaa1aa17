import Wire

/// A device that is being signed in. Times are milliseconds since the epoch.
struct NewDevice {
  /// The `sid` of its access tokens.
  var id: String
  var userAgent: String
  var ip: String
  var refreshToken: RefreshToken
  /// When its access token and its refresh token expire.
  var accessExpiresAt: Int64
  var expiresAt: Int64
}

/// A device that is signed in.
nonisolated struct SignedInDevice: Hashable {
  var id: String
  var userAgent: String
  var ip: String
  var createdAt: Int64
  var lastSeenAt: Int64
}

/// One page of a user's devices, the latest first.
nonisolated struct DevicePage {
  static let limitDefault = 20
  static let limitMax = 100

  var limit: Int
  /// The id behind which the page begins: ids grow with the time they were made, so what is added
  /// meanwhile moves nothing.
  var after: String?

  init(limit: Int32?, cursor: String?) throws(RuleViolation) {
    self.limit = min(max(Int(limit ?? Int32(Self.limitDefault)), 1), Self.limitMax)
    if let cursor {
      guard Identifier.isValid(cursor) else {
        throw RuleViolation("cursor", "cursor", "is no cursor of this list")
      }
      after = cursor
    }
  }
}
