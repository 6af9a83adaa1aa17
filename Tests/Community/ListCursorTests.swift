import Testing
import Wire

@testable import Community

struct ListCursorTests {
  let end = PageCursor(key: 7, id: "01939f0e-0000-7000-8000-00000000000a")

  @Test func whatIsWrittenIsRead() {
    for startedAt: Int64 in [0, 1_795_262_400_000] {
      let cursor = ListCursor(list: "h", startedAt: startedAt, end: end)
      #expect(ListCursor(parsing: cursor.text, of: "h") == cursor)
    }
  }

  @Test func theCursorOfAnotherListIsRefused() {
    let text = ListCursor(list: "h", end: end).text
    #expect(ListCursor(parsing: text, of: "n") == nil)
  }

  @Test(arguments: [
    "", "h", "h0", "h0_", "h_7_01939f0e-0000-7000-8000-00000000000a", "h0_7", "h0_7_01939f0e",
    "hzzzzzzzzzzzzz_7_01939f0e-0000-7000-8000-00000000000a",
    "7_01939f0e-0000-7000-8000-00000000000a",
  ])
  func anythingElseIsRefused(_ text: String) {
    #expect(ListCursor(parsing: text, of: "h") == nil)
  }
}
