import Quotes
import Testing

@Suite struct DailyChoiceTests {
  private let quotes = (0..<50).map { "quote-\($0)" }

  /// The days that follow one another, as they would be recorded.
  private func play(_ days: Int, quotes: (Int) -> [String]) -> [DailyChoice.Day] {
    var history: [DailyChoice.Day] = []
    for day in 0..<days {
      let cycle = history.last?.cycle ?? 1
      let shown = Set(history.filter { $0.cycle == cycle }.map(\.quoteID))
      let choice = DailyChoice.choose(
        for: "day-\(day)", from: quotes(day), shown: shown, cycle: cycle)
      if let choice { history.append(choice) }
    }
    return history
  }

  @Test func allAreShownBeforeOneRepeats() {
    let history = play(150) { _ in quotes }
    for cycle in 1...3 {
      let ids = history.filter { $0.cycle == cycle }.map(\.quoteID)
      #expect(ids.count == 50)
      #expect(Set(ids).count == 50)
    }
  }

  @Test func theDateChooses() {
    let first = DailyChoice.choose(for: "2026-01-01", from: quotes, shown: [], cycle: 1)
    let again = DailyChoice.choose(for: "2026-01-01", from: quotes.reversed(), shown: [], cycle: 1)
    #expect(first == again)
    let others = (2...9).map {
      DailyChoice.choose(for: "2026-01-0\($0)", from: quotes, shown: [], cycle: 1)
    }
    #expect(Set(others.compactMap { $0?.quoteID }).count > 1)
  }

  @Test func cyclesHaveDifferentOrders() {
    let history = play(100) { _ in quotes }
    #expect(history.prefix(50).map(\.quoteID) != history.suffix(50).map(\.quoteID))
  }

  @Test func anAddedQuoteIsShownInTheCycleUnderWay() {
    let history = play(51) { $0 < 25 ? quotes : quotes + ["added"] }
    #expect(history.allSatisfy { $0.cycle == 1 })
    #expect(history.contains { $0.quoteID == "added" })
  }

  @Test func withoutQuotesThereIsNoChoice() {
    #expect(DailyChoice.choose(for: "2026-01-01", from: [], shown: [], cycle: 1) == nil)
  }

  @Test func aDeletedQuoteIsShownNoMoreAndTheCycleGoesOn() {
    let history = play(120) { day in day < 10 ? quotes : Array(quotes.dropFirst(5)) }
    let gone = Set(quotes.prefix(5))
    #expect(history[10...].allSatisfy { !gone.contains($0.quoteID) })
    for cycle in 1...2 {
      let ids = history.filter { $0.cycle == cycle }.map(\.quoteID)
      #expect(Set(ids).count == ids.count)
      #expect(Set(ids).isSuperset(of: quotes.dropFirst(5)))
    }
    #expect(history.map(\.cycle) == history.map(\.cycle).sorted())
  }
}
