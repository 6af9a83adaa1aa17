import Wire

/// A device that is being signed in. Times are milliseconds since the epoch.
struct NewDevice {
  /// The `sid` of its access tokens.
  var id: String
  var userAgent: String
  var ip: String
  var refreshToken: OneTimeToken
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
