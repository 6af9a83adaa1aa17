import EventLoop
import Wire

/// Those who bring API tokens and tickets that are none. Whether one is, only auth knows, and it is asked
/// before any limit of a caller can count, for there is no caller yet. So whoever was wrong too often is
/// refused without asking, by their address, in this process alone.
final class Strangers {
  private let policy: RatePolicy
  private var failures = LocalLimiter()

  /// As many failures as the policy allows requests.
  init(_ policy: RatePolicy) { self.policy = policy }

  /// Throws 429 to who was wrong too often.
  ///
  /// - Parameter client: an address.
  func admit(_ client: String) throws(RPCError) {
    let decision = failures.foresee(
      ClientNetwork.name(of: client), policy.algorithm, now: now)
    guard decision.isAllowed else {
      throw RPCError(
        .resourceExhausted, "rate_limited", "Too many tokens from here were none.",
        retryAfter: .microseconds(decision.retryAfterMicroseconds))
    }
  }

  /// What they brought was nothing.
  func failed(_ client: String) {
    _ = failures.decide(ClientNetwork.name(of: client), policy.algorithm, now: now)
  }

  private var now: Double { Double(EventLoop.shared.now) / 1000 }
}
