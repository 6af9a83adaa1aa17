import EventLoopTesting
import Redis
import Testing
import Wire

@testable import Gateway

/// The script in Redis against the arithmetic in Swift.
@Suite(.enabled(if: TestRedis.url != nil, "FOCAL_TEST_REDIS_URL is not set"))
struct RateLimiterTests {
  @Test func theScriptDecidesAsTheArithmeticDoes() async throws {
    let redis = RedisConnection(url: Secret(TestRedis.url ?? ""))
    redis.start()
    let limiter = RateLimiter(redis: redis)
    // Slow enough that the clock does not give a request back while the test runs.
    let policy = RatePolicy(name: "read", limit: 5, seconds: 100_000)
    let subject = "test-\(UInt64.random(in: 0 ... .max))"
    let decisions = try await onLoop {
      var decisions: [RateDecision] = []
      for _ in 0..<7 { decisions.append(await limiter.decide(policy, subject: subject)) }
      return decisions
    }
    var arrival = 0.0
    let expected = (0..<7).map { _ in policy.algorithm.decide(&arrival, now: 0) }
    #expect(decisions.map(\.isAllowed) == expected.map(\.isAllowed))
    #expect(decisions.map(\.remaining) == expected.map(\.remaining))
    let interval = Int64(policy.algorithm.interval)
    for (decision, oracle) in zip(decisions, expected) {
      #expect(abs(decision.resetMicroseconds - oracle.resetMicroseconds) < interval / 10)
      #expect(abs(decision.retryAfterMicroseconds - oracle.retryAfterMicroseconds) < interval / 10)
    }
    redis.close()
  }

  @Test func withoutRedisTheProcessLimitsByItself() async throws {
    let redis = RedisConnection(url: Secret("redis://127.0.0.1:1/0"))
    redis.start()
    let limiter = RateLimiter(redis: redis)
    let policy = RatePolicy(name: "read", limit: 2, seconds: 60)
    let allowed = try await onLoop {
      var allowed: [Bool] = []
      for _ in 0..<3 { allowed.append(await limiter.decide(policy, subject: "x").isAllowed) }
      return allowed
    }
    #expect(allowed == [true, true, false])
    redis.close()
  }
}
