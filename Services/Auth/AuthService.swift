import Contracts
import EventLoop
import Events
import Postgres
import Security
import Wire

/// Accounts, tokens and signed-in devices: the service, split over `Service/` by concern.
///
/// All times come from `now`, so that one clock decides about a request.
public final class Accounts {
  let accounts: AccountStore
  let devices: DeviceStore
  let revocations: RevocationStore
  let outbox: Outbox
  let gamification: GamificationClient
  let passwords: PasswordHashing
  let tokens: TokenIssuer
  /// Milliseconds since the epoch.
  let now: () -> Int64

  /// - Parameter gamification: knows the totals that an account shows.
  public init(
    pool: PostgresPool, outbox: Outbox, gamification: any Transport, tokens: TokenIssuer,
    passwords: PasswordHashing = PasswordHashing(),
    now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    accounts = AccountStore(pool)
    devices = DeviceStore(pool)
    revocations = RevocationStore(pool)
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
}
