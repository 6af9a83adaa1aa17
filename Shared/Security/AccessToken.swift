import Wire

/// What an access token says. Times are Unix seconds.
public nonisolated struct AccessToken: Hashable, Sendable {
  /// `sub`, a UUID.
  public var userID: String
  /// `sid`, a UUID: the signed-in device, the unit of revocation.
  public var sessionID: String
  /// `jti`, a UUID.
  public var tokenID: String
  public var role: Caller.Role
  public var scope: Caller.Scope
  /// `iat`; `nbf` is the same where we sign.
  public var issuedAt: Int
  /// `exp`: the first second at which the token is refused.
  public var expiresAt: Int
  /// `family_exp`: the end of the refresh tokens' family, after which no revocation of `sessionID` need
  /// be remembered.
  public var familyExpiry: Int?

  public init(
    userID: String, sessionID: String, tokenID: String, role: Caller.Role = .user,
    scope: Caller.Scope = .full, issuedAt: Int, expiresAt: Int, familyExpiry: Int? = nil
  ) {
    self.userID = userID
    self.sessionID = sessionID
    self.tokenID = tokenID
    self.role = role
    self.scope = scope
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
    self.familyExpiry = familyExpiry
  }

  public var caller: Caller {
    Caller(userID: userID, sessionID: sessionID, role: role, scope: scope)
  }
}

nonisolated extension Caller.Role {
  var claim: String {
    switch self {
    case .user: "user"
    case .moderator: "moderator"
    case .admin: "admin"
    }
  }
}

nonisolated extension Caller.Scope {
  var claim: String {
    switch self {
    case .full: "full"
    case .read: "read"
    case .write: "write"
    }
  }
}
