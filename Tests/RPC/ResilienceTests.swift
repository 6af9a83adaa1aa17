import Testing

@testable import RPC

/// The pure parts that keep a client calm: pauses, retries, the breaker, the choice of a server.
struct ResilienceTests {
  @Test func pausesDoubleUpToTheLongest() {
    var generator = SmallGenerator(seed: 1)
    var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
    for step in [50, 100, 200, 400, 800, 1000, 1000, 1000] {
      let pause = backoff.failed(using: &generator)
      #expect(pause >= .milliseconds(step) / 2 && pause <= .milliseconds(step))
    }
    backoff.succeeded()
    #expect(backoff.failed(using: &generator) <= .milliseconds(50))
  }

  @Test func pausesOfTwoClientsDiffer() {
    var first = SmallGenerator(seed: 1)
    var second = SmallGenerator(seed: 2)
    var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
    var other = backoff
    #expect(backoff.failed(using: &first) != other.failed(using: &second))
  }

  @Test func endlessFailuresDoNotOverflow() {
    var generator = SmallGenerator(seed: 1)
    var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
    for _ in 0..<1000 { #expect(backoff.failed(using: &generator) <= .seconds(1)) }
  }

  @Test func retriesAreAShareOfTheCalls() {
    var budget = RetryBudget()
    var retries = 0
    for _ in 0..<1000 {
      budget.earn()
      if budget.spend() { retries += 1 }
    }
    #expect(retries <= Int(RetryBudget.burst + 1000 * RetryBudget.share) + 1)
    #expect(retries >= 200)
  }

  @Test func breakerOpensAfterARowOfUnansweredCalls() {
    var breaker = CircuitBreaker()
    for _ in 1..<CircuitBreaker.failuresMax { breaker.unanswered(at: 0) }
    #expect(breaker.admits(at: 0) == true)
    breaker.answered()
    for _ in 1..<CircuitBreaker.failuresMax { breaker.unanswered(at: 0) }
    #expect(breaker.admits(at: 0) == true)
    breaker.unanswered(at: 0)
    #expect(breaker.admits(at: 1) == false)
  }

  @Test func openBreakerTriesOneCallAtATime() {
    var breaker = CircuitBreaker()
    for _ in 0..<CircuitBreaker.failuresMax { breaker.unanswered(at: 0) }
    let pause = CircuitBreaker.pauseNanoseconds
    #expect(breaker.admits(at: pause - 1) == false)
    #expect(breaker.admits(at: pause) == true)
    #expect(breaker.admits(at: pause + 1) == false)
    breaker.unanswered(at: pause + 2)
    #expect(breaker.admits(at: pause + 3) == false)
    #expect(breaker.admits(at: 2 * pause + 2) == true)
    breaker.answered()
    #expect(breaker.admits(at: 2 * pause + 3) == true)
    #expect(breaker.admits(at: 2 * pause + 3) == true)
  }

  @Test func trialThatTellsNothingIsRepeated() {
    var breaker = CircuitBreaker()
    for _ in 0..<CircuitBreaker.failuresMax { breaker.unanswered(at: 0) }
    let pause = CircuitBreaker.pauseNanoseconds
    #expect(breaker.admits(at: pause) == true)
    #expect(breaker.admits(at: 2 * pause) == true)
  }

  @Test func onlyServerIsChosen() {
    var balancer = LoadBalancer(seed: 1)
    #expect(balancer.pick(count: 1) { _ in 1000 } == 0)
  }

  @Test func twoServersGetTheLessLoadedOne() {
    var balancer = LoadBalancer(seed: 1)
    for _ in 0..<100 { #expect(balancer.pick(count: 2) { [9, 3][$0] } == 1) }
  }

  @Test func loadIsNearlyEven() {
    var balancer = LoadBalancer(seed: 7)
    var load = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 { load[balancer.pick(count: 10) { load[$0] }] += 1 }
    #expect(load.allSatisfy { (980...1020).contains($0) })
  }
}
