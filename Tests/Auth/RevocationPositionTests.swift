import EventLoopTesting
import Testing

@testable import Auth

struct RevocationPositionTests {
  typealias Row = RevocationPosition.Row

  private func id(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  @Test func theNextPassBeginsAtTheHorizonOfItsFirstPage() {
    let first = RevocationPosition.start.next(
      horizon: 7, lastRow: Row(transaction: 9, sessionID: id(1)))
    #expect(first.bound == Row(transaction: 9, sessionID: id(1)))
    let second = first.next(horizon: 20, lastRow: nil)
    #expect(second == RevocationPosition(floor: 7, last: nil))
    #expect(second.bound == Row(transaction: 7, sessionID: RevocationPosition.firstID))
    #expect(second.next(horizon: 20, lastRow: nil).floor == 20)
  }

  /// Transactions commit in any order, pages are of any size: everything that has committed is read
  /// by the end of the next pass.
  @Test func nothingIsMissedWhateverTheOrderOfCommits() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var open: Set<Int64> = []
    var committed: [Row] = []
    var seen: Set<String> = []
    var nextTransaction: Int64 = 1
    var position = RevocationPosition.start

    func readPage() {
      let horizon = open.min() ?? nextTransaction
      let behind = committed.filter {
        ($0.transaction, $0.sessionID) > (position.bound.transaction, position.bound.sessionID)
      }.sorted { ($0.transaction, $0.sessionID) < ($1.transaction, $1.sessionID) }
      let page = behind.prefix(3)
      seen.formUnion(page.map(\.sessionID))
      position = position.next(horizon: horizon, lastRow: behind.count > 3 ? page.last : nil)
    }

    for _ in 0..<1_500 {
      switch random.next() % 3 {
      case 0:
        open.insert(nextTransaction)
        nextTransaction += 1
      case 1:
        guard let transaction = open.sorted().randomElement(using: &random) else { continue }
        open.remove(transaction)
        for _ in 0...(random.next() % 3) {
          committed.append(Row(transaction: transaction, sessionID: id(committed.count + 1)))
        }
      default: readPage()
      }
      guard random.next() % 50 == 0 else { continue }
      for _ in 0..<2 {
        repeat { readPage() } while position.last != nil
      }
      #expect(seen.count == committed.count)
    }
  }
}
