import Testing

@testable import RPC

struct CallTableTests {
  @Test func answersFindTheirCallInAnyOrder() throws {
    var table = CallTable<String>(limit: 8)
    let first = table.reserve(deadline: 10) ?? 0
    let second = table.reserve(deadline: 10) ?? 0
    table.park("first", for: first)
    table.park("second", for: second)
    #expect(first != second && first != 0 && second != 0)
    #expect(table.remove(second) == "second")
    #expect(table.remove(first) == "first")
    #expect(table.count == 0)
  }

  @Test func secondAnswerFindsNobody() throws {
    var table = CallTable<Int>(limit: 8)
    let id = table.reserve(deadline: 10) ?? 0
    table.park(1, for: id)
    #expect(table.remove(id) == 1)
    #expect(table.remove(id) == nil)
    #expect(table.remove(0) == nil)
    #expect(table.remove(.max) == nil)
  }

  @Test func lateAnswerDoesNotReachTheNextCallInTheSlot() throws {
    var table = CallTable<Int>(limit: 1)
    let old = table.reserve(deadline: 10) ?? 0
    table.park(1, for: old)
    _ = table.remove(old)
    let new = table.reserve(deadline: 10) ?? 0
    table.park(2, for: new)
    #expect(old != new)
    #expect(table.remove(old) == nil)
    #expect(table.remove(new) == 2)
  }

  @Test func limitHolds() throws {
    var table = CallTable<Int>(limit: 2)
    let first = table.reserve(deadline: 1) ?? 0
    _ = table.reserve(deadline: 1) ?? 0
    #expect(table.reserve(deadline: 1) == nil)
    _ = table.remove(first)
    #expect(table.reserve(deadline: 1) != nil)
  }

  @Test func deadlinesEndWhatIsLate() throws {
    var table = CallTable<Int>(limit: 8)
    for (deadline, name) in [(30, 3), (10, 1), (20, 2)] as [(UInt64, Int)] {
      table.park(name, for: table.reserve(deadline: deadline) ?? 0)
    }
    #expect(table.nextDeadline == 10)
    let late = table.removeExpired(at: 20)
    #expect(late.map(\.waiter).sorted() == [1, 2])
    #expect(table.nextDeadline == 30)
    #expect(table.removeAll() == [3])
    #expect(table.nextDeadline == nil)
  }

  @Test func usesOfASlotWrapWithoutAZero() throws {
    var table = CallTable<Int>(limit: 1)
    var seen: Set<UInt32> = []
    let uses = Int(UInt32.max >> CallTable<Int>.slotBits)
    for _ in 0..<uses {
      let id = table.reserve(deadline: 1) ?? 0
      seen.insert(id)
      table.park(1, for: id)
      _ = table.remove(id)
    }
    #expect(seen.count == uses && !seen.contains(0))
  }

  /// Against a dictionary, with random reserves, answers and expiries.
  @Test func agreesWithADictionary() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SmallGenerator(seed: seed)
    var table = CallTable<Int>(limit: 32)
    var model: [UInt32: (value: Int, deadline: UInt64)] = [:]
    for step in 0..<20_000 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        let deadline = UInt64.random(in: 1...100, using: &generator)
        let id = table.reserve(deadline: deadline)
        #expect((id == nil) == (model.count == 32))
        guard let id else { continue }
        table.park(step, for: id)
        model[id] = (step, deadline)
      case 5..<9:
        guard let id = model.keys.randomElement(using: &generator) else { continue }
        #expect(table.remove(id) == model.removeValue(forKey: id)?.value)
      default:
        let now = UInt64.random(in: 1...50, using: &generator)
        let late = model.filter { $0.value.deadline <= now }
        let expired = table.removeExpired(at: now)
        #expect(Set(expired.map(\.id)) == Set(late.keys))
        for id in late.keys { model[id] = nil }
      }
      #expect(table.count == model.count)
      #expect(table.nextDeadline == model.values.map(\.deadline).min())
    }
  }
}
