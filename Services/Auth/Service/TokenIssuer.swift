import Contracts
import Security
import Wire

/// Makes the tokens of a device.
public final class TokenIssuer {
  private let signer: JWTSigner
  private let lifetimeSeconds: Int

  /// - Parameter lifetimeMinutes: of an access token.
  public init(signer: JWTSigner, lifetimeMinutes: Int) {
    self.signer = signer
    lifetimeSeconds = lifetimeMinutes * 60
  }

  /// A device with a new refresh token.
  /// - Parameters:
  ///   - client: the machine that asks, as far as it is known.
  ///   - now: milliseconds since the epoch.
  func device(id: String, _ client: ClientInfo?, now: Int64) -> NewDevice {
    NewDevice(
      id: id, userAgent: String((client?.userAgent ?? "").unicodeScalars.prefix(256)),
      ip: client?.ip ?? "", refreshToken: OneTimeToken(), accessExpiresAt: accessExpiry(now),
      expiresAt: now + RefreshRule.lifetimeMilliseconds)
  }

  /// The answer to who has just been signed in, or stays so.
  func tokens(_ account: Account, _ device: NewDevice, _ totals: UserTotals, now: Int64) -> Tokens {
    let access = signer.sign(
      AccessToken(
        userID: account.id, sessionID: device.id, tokenID: UUIDv7.makeText(),
        role: account.role.callerRole, issuedAt: Int(now / 1000),
        expiresAt: Int(accessExpiry(now) / 1000)))
    return Tokens(
      accessToken: Secret(access), refreshToken: device.refreshToken.text, tokenType: "bearer",
      expiresIn: Int64(lifetimeSeconds), user: User(account, totals))
  }

  /// A whole second, as tokens have it: the moment from which the token is refused.
  private func accessExpiry(_ now: Int64) -> Int64 {
    (now / 1000 + Int64(lifetimeSeconds)) * 1000
  }
}

extension UserRole {
  var callerRole: Caller.Role {
    switch self {
    case .admin: .admin
    case .moderator: .moderator
    case .user, .unspecified: .user
    }
  }
}
