import EventLoopTesting
import Testing

@testable import Gateway

struct LiveOrderTests {
  private func told(_ events: [LiveOrder<String>.Numbered]) -> [Int64] { events.map(\.seq) }

  @Test func nothingIsToldBeforeItBegins() {
    var order = LiveOrder<String>()
    #expect(order.take(7, "g").isEmpty)
    #expect(order.take(6, "f").isEmpty)
    #expect(!order.isBehind)
    // The snapshot tells of 5 already.
    #expect(told(order.begin(at: 5)) == [6, 7])
    #expect(order.last == 7)
  }

  @Test func aSnapshotTellsOfWhatCameBeforeIt() {
    var order = LiveOrder<String>()
    _ = order.take(5, "e")
    #expect(told(order.begin(at: 6)).isEmpty)
    #expect(told(order.take(6, "f")).isEmpty)
    #expect(told(order.take(7, "g")) == [7])
  }

  @Test func eachIsToldOnceAndInOrder() {
    var order = LiveOrder<String>()
    _ = order.begin(at: 0)
    #expect(told(order.take(1, "a")) == [1])
    #expect(told(order.take(1, "a")).isEmpty)
    #expect(told(order.take(3, "c")).isEmpty)
    #expect(order.isBehind && order.firstAhead == 3)
    #expect(told(order.take(2, "b")) == [2, 3])
    #expect(!order.isBehind)
  }

  @Test func aSnapshotReplacesWhatIsMissing() {
    var order = LiveOrder<String>()
    _ = order.begin(at: 1)
    _ = order.take(9, "i")
    _ = order.take(6, "f")
    #expect(told(order.jump(to: 7)).isEmpty)
    #expect(order.isBehind && order.firstAhead == 9)
    #expect(told(order.jump(to: 8)) == [9])
    #expect(told(order.jump(to: 3)).isEmpty)
    #expect(order.last == 9)
  }

  @Test func whatIsKnownFromElsewhereIsMissing() {
    var order = LiveOrder<String>()
    _ = order.begin(at: 4)
    _ = order.begin(at: 6)
    #expect(order.isBehind && order.last == 4)
    #expect(told(order.take(5, "e")) == [5])
    #expect(told(order.take(6, "f")) == [6])
    #expect(!order.isBehind)
  }

  @Test func whatWaitsIsBounded() {
    var order = LiveOrder<String>(aheadMax: 2)
    _ = order.begin(at: 0)
    for seq in 2...5 { _ = order.take(Int64(seq), "x") }
    #expect(told(order.take(1, "a")) == [1, 2, 3])
    // The others are known to be missing.
    #expect(order.isBehind)
  }

  /// Swapped, repeated and lost at random; what is lost is found again by the log.
  @Test func anyArrivalGivesTheSameOrder() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let all = Array<Int64>(1...40)
      var arrivals = (all + all).filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
      arrivals.shuffle(using: &random)
      var order = LiveOrder<Int64>()
      var told: [Int64] = []
      let start = Int64.random(in: 0...20, using: &random)
      for (index, seq) in arrivals.enumerated() {
        if index == arrivals.count / 3 { told += order.begin(at: start).map(\.seq) }
        told += order.take(seq, seq).map(\.item)
      }
      order.expect(40)
      if order.isBehind {
        for seq in all where seq > order.last! { told += order.take(seq, seq).map(\.item) }
      }
      #expect(told == Array(all.filter { $0 > start }))
    }
  }
}
