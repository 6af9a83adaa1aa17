import Foundation
import Testing

@testable import Security

struct UUIDTests {
  @Test func idsGrowAndAreOfVersion7() throws {
    let ids = (0..<20_000).map { _ in UUIDv7.make() }
    #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 && $0.text < $1.text })
    for id in ids.prefix(100) {
      #expect(id.high >> 12 & 15 == 7)
      #expect(id.low >> 62 == 2)
      #expect(Foundation.UUID(uuidString: id.text) != nil)
    }
    let now = UInt64(Date().timeIntervalSince1970 * 1000)
    #expect(now - ids[0].milliseconds < 10_000)
  }

  @Test func textAndBytesAreReadBack() throws {
    let id = UUIDv7.make()
    #expect(UUIDv7(id.text) == id)
    #expect(UUIDv7(id.text.uppercased()) == id)
    #expect(UUIDv7(bytes: id.bytes) == id)
    #expect(id.bytes.count == 16)
    #expect("\(id)" == id.text)
  }

  @Test func exampleOfTheRFC() throws {
    let id = try #require(UUIDv7("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
    #expect(id.milliseconds == 0x017F_22E2_79B0)
    #expect(id.text == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    #expect(Hex.encode(id.bytes) == "017f22e279b07cc398c4dc0c0c07398f")
  }

  @Test(arguments: [
    "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e279b07cc398c4dc0c0c07398f",
    "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
    "{017f22e2-79b0-7cc3-98c4-dc0c0c0739}", "017f22e2-79b0-7cc3-98c4-dc0c0c073é",
  ])
  func malformedTextIsRefused(_ text: String) {
    #expect(UUIDv7(text) == nil)
  }

  @Test func clockThatIsSetBackChangesNothing() {
    var sequence = UUIDSequence()
    var last = sequence.next(milliseconds: 1_000_000)
    for milliseconds in [999_000, 1_000_000, 5, 1_000_001, 1_000_000] as [UInt64] {
      let next = sequence.next(milliseconds: milliseconds)
      #expect(last < next)
      last = next
    }
  }

  @Test func counterThatRunsOutBorrowsFromTheFuture() {
    var sequence = UUIDSequence()
    var last = sequence.next(milliseconds: 7)
    for _ in 0..<10_000 {
      let next = sequence.next(milliseconds: 7)
      #expect(last < next)
      last = next
    }
    #expect(last.milliseconds <= 10)
  }

  @Test func threadsGetDifferentIDs() async {
    let make: @Sendable @concurrent () async -> [UUIDv7] = {
      (0..<5000).map { _ in UUIDv7.make() }
    }
    let tasks = (0..<4).map { _ in Task { await make() } }
    var ids: Set<UUIDv7> = []
    for task in tasks { ids.formUnion(await task.value) }
    #expect(ids.count == 20_000)
  }
}
