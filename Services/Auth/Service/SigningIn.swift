import Contracts
import Observability
import Security
import Wire

extension Accounts {
  private static let invalidCredentials = RPCError(
    .unauthenticated, "invalid_credentials", "The email or the password is wrong.")
  private static let banned = RPCError(
    .permissionDenied, "banned", "This account is banned.")
  private static let totpRequired = RPCError(
    .unauthenticated, "totp_required", "The account wants the code of its authenticator too.")
  private static let invalidTotpCode = RPCError(
    .unauthenticated, "invalid_totp_code", "The code is wrong, or was used.")
  private static let invalidRefreshToken = RPCError(
    .unauthenticated, "invalid_refresh_token", "The refresh token is not valid, or no longer.")

  public func login(_ request: LoginRequest, _ context: CallContext) async throws -> Tokens {
    let found = try await accounts.credentials(emailKey: Email.key(of: request.email), context)
    // Also without an account: how long the answer takes must not tell.
    guard try await passwords.verify(request.password, found?.passwordHash), let found,
      let account = try await accounts.account(found.userID, context)
    else { throw Self.invalidCredentials }
    // From here on it is the account's owner who asks.
    guard !found.isBanned else { throw Self.banned }
    if found.hasTOTP, request.totpCode?.isEmpty ?? true { throw Self.totpRequired }
    // Before the code is spent and the device is there: if it fails, nothing has happened.
    let totals = try await self.totals(of: account.id, context)
    if found.hasTOTP, let code = request.totpCode {
      guard try await spend(code, of: account.id, context) else { throw Self.invalidTotpCode }
    }
    let hash = try await renewHash(found.passwordHash, request.password, account.id, context)
    let now = now()
    let device = tokens.device(id: UUIDv7.makeText(), context.client, now: now)
    guard
      try await devices.insert(
        device, userID: account.id, passwordHash: hash, now: now, context)
    else { throw Self.invalidCredentials }
    return tokens.tokens(account, device, totals, now: now)
  }

  /// The hash that the account has now: of today's kind and cost.
  private func renewHash(
    _ hash: String, _ password: Secret, _ userID: String, _ context: CallContext
  ) async throws -> String {
    guard passwords.needsRehash(hash) else { return hash }
    let renewed = try await passwords.hash(password)
    guard try await accounts.replaceHash(hash, by: renewed, userID: userID, context) else {
      // Another login has renewed it, or the password was changed: what is there now tells.
      let current = try await accounts.credentials(of: userID, context)?.passwordHash
      guard let current, try await passwords.verify(password, current) else {
        throw Self.invalidCredentials
      }
      return current
    }
    return renewed
  }

  public func refresh(_ request: RefreshRequest, _ context: CallContext) async throws -> Tokens {
    guard let token = OneTimeToken(parsing: request.refreshToken),
      let owner = try await devices.owner(of: token, context),
      let account = try await accounts.account(owner, context)
    else { throw Self.invalidRefreshToken }
    // Before the token is spent: if it fails, the client can come again.
    let totals = try await self.totals(of: account.id, context)
    let now = now()
    var device = tokens.device(id: "", context.client, now: now)
    guard let id = try await devices.exchange(token, for: device, now: now, context) else {
      Log.shared.info(
        "refresh token refused",
        ["request_id": .string(context.requestID), "user_id": .string(account.id)])
      throw Self.invalidRefreshToken
    }
    device.id = id
    return tokens.tokens(account, device, totals, now: now)
  }
}
