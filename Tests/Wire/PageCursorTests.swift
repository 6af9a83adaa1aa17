import Testing
import Wire

private nonisolated let id = "01939f0e-0000-7000-8000-00000000000a"

struct PageCursorTests {
  @Test func whatIsWrittenIsRead() {
    for key: Int64 in [0, 1, -5, 1_795_262_400_123, 39_894_720_000_000] {
      let cursor = PageCursor(key: key, id: id)
      #expect(PageCursor(parsing: cursor.text) == cursor)
    }
  }

  @Test(arguments: [
    "", "_", "1", "zz_", "1_x", "1_\(id)_", "1__\(id)", "_\(id)", "!_\(id)", "+1_\(id)", "01_\(id)",
    "A_\(id)", "1_01939F0E-0000-7000-8000-00000000000A", "1_01939f0e00007000800000000000000a",
    // Past what a database takes for a time.
    "zzzzzzzzzz_\(id)", "-zzzzzzzzzz_\(id)", "zzzzzzzzzzzzzz_\(id)",
  ])
  func anythingElseIsNone(_ text: String) {
    #expect(PageCursor(parsing: text) == nil)
  }

  @Test func aRequestWithoutACursorBeginsAtTheStart() throws {
    #expect(try PageCursor.read(nil) == nil)
    #expect(try PageCursor.read("1_\(id)") == PageCursor(key: 1, id: id))
  }

  @Test func whatNoListHasAnsweredIsTheRequestsMistake() {
    #expect(throws: RPCError.badCursor) { try PageCursor.read("nonsense") }
  }
}
