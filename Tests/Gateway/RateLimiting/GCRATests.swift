import EventLoopTesting
import Testing

@testable import Gateway

@Suite struct GCRATests {
  private let tenAMinute = GCRA(limit: 10, seconds: 60)

  @Test func aBurstOfTheLimitIsAllowedAndNoMore() {
    var arrival = 0.0
    let decisions = (0..<11).map { _ in tenAMinute.decide(&arrival, now: 1_000_000) }
    #expect(decisions.prefix(10).map(\.isAllowed) == Array(repeating: true, count: 10))
    #expect(decisions.prefix(10).map(\.remaining) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    #expect(!decisions[10].isAllowed)
    #expect(decisions[10].retryAfterMicroseconds == 6_000_000)
    #expect(decisions[10].resetMicroseconds == 60_000_000)
  }

  @Test func aDeniedRequestCostsNothing() {
    var arrival = 0.0
    for _ in 0..<100 { _ = tenAMinute.decide(&arrival, now: 0) }
    #expect(tenAMinute.decide(&arrival, now: 6_000_000).isAllowed)
    #expect(!tenAMinute.decide(&arrival, now: 6_000_000).isAllowed)
  }

  @Test func noWindowEverHoldsMoreThanTwiceTheLimit() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed", seed)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let limit = Int.random(in: 1...20, using: &generator)
      let algorithm = GCRA(limit: Double(limit), seconds: 1)
      var arrival = 0.0
      var now = 0.0
      var allowed: [Double] = []
      for _ in 0..<2_000 {
        now += Double.random(in: 0...100_000, using: &generator)
        if algorithm.decide(&arrival, now: now).isAllowed { allowed.append(now) }
      }
      for (index, start) in allowed.enumerated() {
        let inWindow = allowed[index...].prefix { $0 < start + 1_000_000 }.count
        #expect(inWindow <= 2 * limit, "limit \(limit)")
      }
      let steady = Double(allowed.count) / (now / 1_000_000)
      #expect(steady <= Double(limit) * 1.1 + 1)
    }
  }
}

@Suite struct LocalLimiterTests {
  @Test func subjectsDoNotShareALimit() {
    var limiter = LocalLimiter()
    let once = GCRA(limit: 1, seconds: 60)
    #expect(limiter.decide("a", once, now: 0).isAllowed)
    #expect(limiter.decide("b", once, now: 0).isAllowed)
    #expect(!limiter.decide("a", once, now: 0).isAllowed)
  }

  @Test func lookingAheadSpendsNothing() {
    var limiter = LocalLimiter()
    let once = GCRA(limit: 1, seconds: 60)
    for _ in 0..<3 { #expect(limiter.foresee("a", once, now: 0).isAllowed) }
    #expect(limiter.decide("a", once, now: 0).isAllowed)
    #expect(!limiter.foresee("a", once, now: 0).isAllowed)
    #expect(limiter.foresee("b", once, now: 0).isAllowed)
    #expect(limiter.foresee("a", once, now: 60_000_001).isAllowed)
  }

  @Test func itHoldsNoMoreThanItsBound() {
    var limiter = LocalLimiter(entriesMax: 10)
    let algorithm = GCRA(limit: 1, seconds: 60)
    for index in 0..<1_000 { _ = limiter.decide("\(index)", algorithm, now: 0) }
    #expect(limiter.count <= 10)
  }
}
