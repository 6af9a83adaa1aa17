import Testing
import Wire

@testable import Gateway

struct SocketQueryTests {
  private func read(_ text: String) throws -> SocketQuery {
    try Array(text.utf8).withUnsafeBytes { try SocketQuery($0) }
  }

  @Test func itSaysWhereToGoOnAndWhoAsks() throws {
    let query = try read("since=42&ticket=abc")
    #expect(query.since == 42 && query.ticket == Secret("abc"))
    #expect(try SocketQuery(nil) == read(""))
    #expect(try read("since=0").since == 0)
  }

  @Test(arguments: [
    "since=", "since=-1", "since=1.5", "since=x", "since=99999999999999999999", "since=1&since=2",
    "ticket=", "ticket", "token=abc", "other=1",
  ])
  func whatItDoesNotKnowIsRefused(_ text: String) {
    #expect(throws: RPCError.self) { try read(text) }
  }

  @Test func onlyIdsNameRooms() {
    func id(_ text: String) -> String? {
      Array(text.utf8).withUnsafeBytes { SocketDesk.roomID($0) }
    }
    let room = "01954c2e-8a40-7c33-b1de-5f2a9c0e7d61"
    #expect(id(room) == room && id(room.uppercased()) == room)
    for text in [
      "", "x", room + "0", String(room.dropLast()), "01954c2e_8a40-7c33-b1de-5f2a9c0e7d61",
    ] {
      #expect(id(text) == nil)
    }
  }
}
