import EventLoop
import Observability
import Redis

/// Limits the rate of requests, in Redis for all gateways together; in this process alone while
/// Redis is away.
final class RateLimiter {
  private let redis: RedisConnection
  private let script: Script
  private var local = LocalLimiter()
  /// Until then Redis is not asked: it was away a moment ago, and nobody should wait for it.
  private var localUntil: UInt64 = 0
  private let denied: MetricFamily<Counter>
  private let localDecisions: Counter

  private static let localPeriodNanoseconds: UInt64 = 1_000_000_000

  init(redis: RedisConnection) {
    self.redis = redis
    script = Script(String(decoding: PackageResources.gcra_lua, as: UTF8.self))
    denied = Metrics.shared.counters(
      "ratelimit_denied_total", "Requests over their limit.", labels: "class")
    localDecisions = Metrics.shared.counter(
      "ratelimit_local_total", "Decisions made without Redis.")
  }

  /// Decides one request of a subject: a user, or an address before login.
  func decide(_ policy: RatePolicy, subject: String) async -> RateDecision {
    let key = "rl:\(policy.name):\(subject)"
    let decision = await decideInRedis(policy, key) ?? decideLocally(policy, key)
    if !decision.isAllowed { denied.with(policy.name).increment() }
    return decision
  }

  private func decideInRedis(_ policy: RatePolicy, _ key: String) async -> RateDecision? {
    guard EventLoop.shared.now >= localUntil else { return nil }
    do {
      let reply = try await redis.evaluate(
        script, keys: [.string(key)], arguments: [policy.intervalArgument, policy.windowArgument])
      guard case .array(let parts) = reply, parts.count == 4,
        let allowed = parts[0].int, let remaining = parts[1].int,
        let retryAfter = parts[2].int, let reset = parts[3].int
      else { return nil }
      return RateDecision(
        isAllowed: allowed == 1, remaining: remaining,
        retryAfterMicroseconds: Int64(retryAfter), resetMicroseconds: Int64(reset))
    } catch {
      localUntil = EventLoop.shared.now &+ Self.localPeriodNanoseconds
      return nil
    }
  }

  private func decideLocally(_ policy: RatePolicy, _ key: String) -> RateDecision {
    localDecisions.increment()
    let microseconds = Double(EventLoop.shared.now) / 1000
    return local.decide(key, policy.algorithm, now: microseconds)
  }
}
