import EventLoopTesting
import Testing

@testable import Redis

@Suite struct ChannelTableTests {
  @Test func aChannelIsSubscribedToWhenRedisSaysSo() {
    var table = ChannelTable()
    #expect(table.want("a", true) == true)
    #expect(table.want("a", true) == false)
    #expect(table.takeChanges().subscribe == ["a"])
    #expect(!table.isSubscribed("a"))
    #expect(!table.isComplete)
    #expect(table.confirm("a") == true)
    #expect(table.isSubscribed("a"))
    #expect(table.isComplete)
  }

  @Test func leftAndJoinedInOneTurnAsksNothing() {
    var table = ChannelTable()
    _ = table.want("a", true)
    _ = table.want("a", false)
    let first = table.takeChanges()
    #expect(first.subscribe.isEmpty && first.unsubscribe.isEmpty)
    _ = table.want("b", true)
    _ = table.takeChanges()
    _ = table.confirm("b")
    _ = table.want("b", false)
    _ = table.want("b", true)
    #expect(table.isSubscribed("b"))
    let second = table.takeChanges()
    #expect(second.subscribe.isEmpty && second.unsubscribe.isEmpty)
    #expect(table.wantedCount == 1)
  }

  @Test func joinedAgainBeforeTheLeavingIsConfirmedWaitsForBoth() {
    var table = ChannelTable()
    _ = table.want("a", true)
    _ = table.takeChanges()
    _ = table.want("a", false)
    #expect(table.takeChanges().unsubscribe == ["a"])
    _ = table.want("a", true)
    #expect(table.takeChanges().subscribe == ["a"])
    #expect(table.confirm("a") == false)
    #expect(table.confirm("a") == false)
    #expect(table.confirm("a") == true)
    #expect(table.confirm("a") == false)
  }

  @Test func aNewConnectionAsksForAllThatIsWanted() {
    var table = ChannelTable()
    for name in ["a", "b", "c"] { _ = table.want(name, true) }
    _ = table.takeChanges()
    _ = table.confirm("a")
    _ = table.want("b", false)
    table.reset()
    #expect(Set(table.takeChanges().subscribe) == ["a", "c"])
    #expect(!table.isComplete)
    #expect(table.confirm("a") == true)
    #expect(table.confirm("c") == true)
    #expect(table.isComplete)
  }

  /// A Redis that answers in order, against any history of wishes, turns and lost connections.
  @Test(arguments: 0..<200 as Range<UInt64>) func anyHistoryEndsAsWanted(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var table = ChannelTable()
    var answers: [(String, Bool)] = []
    var server: Set<String> = []
    var wanted: Set<String> = []
    func turn() {
      let changes = table.takeChanges()
      answers += changes.unsubscribe.map { ($0, false) } + changes.subscribe.map { ($0, true) }
    }
    func answer() {
      let (name, isOn) = answers.removeFirst()
      if isOn { server.insert(name) } else { server.remove(name) }
      let isSubscribed = table.confirm(name)
      #expect(!isSubscribed || (server.contains(name) && wanted.contains(name)))
    }
    for _ in 0..<100 {
      let name = "\(Int.random(in: 0..<3, using: &random))"
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let isOn = Bool.random(using: &random)
        #expect(table.want(name, isOn) == (wanted.contains(name) != isOn))
        if isOn { wanted.insert(name) } else { wanted.remove(name) }
      case 5..<7: turn()
      case 7..<9: if !answers.isEmpty { answer() }
      default:
        table.reset()
        answers = []
        server = []
      }
      for name in wanted where table.isSubscribed(name) { #expect(server.contains(name)) }
    }
    turn()
    while !answers.isEmpty { answer() }
    #expect(server == wanted)
    #expect(table.isComplete && table.wantedCount == wanted.count)
  }
}
