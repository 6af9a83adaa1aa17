import Contracts
import EventLoop
import Events
import Postgres
import Security
import Wire

/// Accounts, tokens, signed-in devices and two-factor login: the service, split over `Service/` by concern.
///
/// All times come from `now`, so that one clock decides about a request.
public final class Accounts {
  let accounts: AccountStore
  let devices: DeviceStore
  let revocations: RevocationStore
  let passwordStore: PasswordStore
  let apiTokens: APITokenStore
  let totp: TOTPStore
  let directory: UserDirectory
  let outbox: Outbox
  let mails: MailOutbox
  let export: AccountExport
  let gamification: GamificationClient
  let passwords: PasswordHashing
  let tokens: TokenIssuer
  /// Milliseconds since the epoch.
  let now: () -> Int64

  /// - Parameters:
  ///   - gamification: knows the totals that an account shows.
  ///   - exporters: ask the other services for what they keep of a user.
  ///   - totpKey: seals the secrets of authenticators.
  ///   - otherTOTPKey: opens them too, while one key replaces the other.
  public init(
    pool: PostgresPool, outbox: Outbox, mails: MailOutbox, gamification: any Transport,
    tokens: TokenIssuer, exporters: [AccountExport.Exporter] = [],
    passwords: PasswordHashing = PasswordHashing(), totpKey: Secret? = nil,
    otherTOTPKey: Secret? = nil, now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    accounts = AccountStore(pool)
    devices = DeviceStore(pool)
    revocations = RevocationStore(pool)
    passwordStore = PasswordStore(pool)
    apiTokens = APITokenStore(pool)
    totp = TOTPStore(pool, TOTPSeal(key: totpKey, other: otherTOTPKey))
    directory = UserDirectory(pool)
    export = AccountExport(pool, exporters)
    self.mails = mails
    self.outbox = outbox
    self.gamification = GamificationClient(gamification)
    self.passwords = passwords
    self.tokens = tokens
    self.now = now
  }

  /// What a user's focus sessions add up to.
  func totals(of userID: String, _ context: CallContext) async throws -> UserTotals {
    try await gamification.getTotals(GetTotalsRequest(userID: userID), context)
  }
}

extension Accounts: AuthService {}

extension CallContext {
  /// Who calls. The gateway lets nobody else through, so this fails for a call that came round it.
  func signedIn() throws(RPCError) -> Caller {
    guard let caller else {
      throw RPCError(.unauthenticated, "no_token", "Sign in first.")
    }
    return caller
  }

  /// Who calls, in person: what touches passwords, tokens, devices and the account's end is no
  /// business of an API token.
  func inPerson() throws(RPCError) -> Caller {
    let caller = try signedIn()
    guard caller.scope == .full else {
      throw RPCError(.permissionDenied, "api_token", "An API token may not do this.")
    }
    return caller
  }
}
