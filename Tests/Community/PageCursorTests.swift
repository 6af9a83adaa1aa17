import Testing

@testable import Community

struct PageCursorTests {
  let id = "01939f0e-0000-7000-8000-00000000000a"

  @Test func whatIsWrittenIsRead() {
    for key: Int64 in [0, 1, -5, 1_795_262_400_000, 39_894_720_000_000] {
      let cursor = PageCursor(list: "h", key: key, id: id, startedAt: 1_795_262_400_000)
      #expect(PageCursor(parsing: cursor.text, of: "h") == cursor)
    }
  }

  @Test func theCursorOfAnotherListIsRefused() {
    let text = PageCursor(list: "h", key: 7, id: id).text
    #expect(PageCursor(parsing: text, of: "n") == nil)
  }

  @Test(arguments: [
    "", "h", "h7", "h7_0", "h7_0_", "h7_0_01939f0e", "h_0_01939f0e-0000-7000-8000-00000000000a",
    "h7_0_01939F0E-0000-7000-8000-00000000000A", "h7_0_01939f0e-0000-7000-8000-00000000000a_",
    "hzzzzzzzzzzzzz_0_01939f0e-0000-7000-8000-00000000000a",
    "h7_-1_01939f0e-0000-7000-8000-00000000000a",
  ])
  func anythingElseIsRefused(_ text: String) {
    #expect(PageCursor(parsing: text, of: "h") == nil)
  }
}
