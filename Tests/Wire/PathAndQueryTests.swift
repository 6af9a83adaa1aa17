import Samples
import Testing
import Wire

struct PathAndQueryTests {
  private let gate = Gate.shared
  private let find = "/api/v1/users/{user_id}/things"
  private let id = "0190b7e4-3f9c-7a3b-8000-0123456789ab"

  private func search(_ query: String) throws -> Search {
    try Search(bytes: gate.request(find, path: [id], query: query))
  }

  @Test func bindsPathAndQuery() throws {
    let value = try search(
      "limit=20&colors=red&colors=dark_blue&since=2026-01-01T00:00:00.5Z&onlyMine=true&q=a%20b+c"
        + "&ratio=0.5&years=1&years=-2")
    #expect(
      value
        == Search(
          userID: id, limit: 20, colors: [.red, .darkBlue], since: 1_767_225_600_500,
          onlyMine: true, text: "a b c", ratio: 0.5, years: [1, -2]))
    #expect(try search("") == Search(userID: id))
    #expect(try search("&&limit=1&") == Search(userID: id, limit: 1))
    #expect(try search("text=").text == "")
    #expect(try search("text").text == "")
    #expect(try search("text=a=b").text == "a=b")
    #expect(try search("%74ext=%C3%A9").text == "é")
  }

  @Test func takesAPlusOfATimesOffset() throws {
    #expect(try search("since=2026-01-01T02:00:00+02:00").since == 1_767_225_600_000)
    #expect(try search("since=2026-01-01T02:00:00%2B02:00").since == 1_767_225_600_000)
  }

  @Test func aMalformedIdInThePathIsNotFound() {
    for path in [
      "1", "", "x", id + "0", "%00", "0190b7e4%2D3f9c", String(repeating: "-", count: 36),
    ] {
      #expect(gate.failure(find, path: [path]) == .notFound, "\(path)")
    }
    let escaped = id.replacingDashes(with: "%2d")
    #expect(gate.failure(find, path: [escaped]) == nil)
    #expect(gate.failure(find, path: []) == .notFound)
  }

  @Test func anUnknownNameInThePathIsNotFound() throws {
    let paint = "/api/v1/colors/{color}"
    #expect(gate.failure(paint, path: ["green"]) == .notFound)
    #expect(try ByColor(bytes: gate.request(paint, path: ["red"])) == ByColor(color: .red))
  }

  @Test func brokenEscapesAreMalformed() {
    for text in ["%", "%4", "%zz", "%ff", "%C3", "%ed%a0%80"] {
      #expect(gate.malformed(find, path: [text])?.field == "user_id", "\(text)")
      #expect(gate.malformed(find, path: [id], query: "text=\(text)")?.field == "text", "\(text)")
      #expect(gate.malformed(find, path: [id], query: "\(text)=1") != nil, "\(text)")
    }
  }

  @Test func malformedValuesInTheQueryAreViolations() {
    for (query, violation) in [
      ("limit=x", "limit type"), ("limit=", "limit type"), ("limit=1.5", "limit type"),
      ("limit=1x", "limit type"), ("limit=0", "limit min"), ("limit=101", "limit max"),
      ("limit=99999999999999999999", "limit max"), ("only_mine=1", "only_mine type"),
      ("only_mine=truely", "only_mine type"), ("ratio=NaN", "ratio type"),
      ("ratio=1e999", "ratio type"),
      ("since=yesterday", "since timestamp"), ("colors=green", "colors[0] value"),
      ("colors=red&colors=green", "colors[1] value"), ("years=1&years=", "years[1] type"),
      ("colors=red&colors=red&colors=red", "colors too_many"), ("text=%00", "text nul"),
      ("text=123456789", "text too_long"),
    ] {
      #expect(gate.violations(find, path: [id], query: query) == [violation], "\(query)")
    }
  }

  @Test func refusesUnknownAndRepeatedParameters() {
    #expect(gate.malformed(find, path: [id], query: "limti=1")?.field == "limti")
    #expect(gate.malformed(find, path: [id], query: "limit=1&limit=2")?.field == "limit")
    #expect(gate.malformed(find, path: [id], query: "user_id=\(id)")?.field == "user_id")
    #expect(gate.malformed(find, path: [id], query: "only_mine=true&onlyMine=true") != nil)
  }

  @Test func aBodyMayNotNameWhatThePathGave() {
    let strict = "/api/v1/strict/{id}"
    let body = "{\"id\":\"\(id)\",\"name\":\"ab\",\"tags\":[\"a\"]}"
    #expect(gate.malformed(strict, body, path: [id])?.field == "id")
  }

  @Test func onlyGetAndDeleteTakeAQuery() {
    #expect(gate.malformed("/api/v1/everything", "{}", query: "text=a") != nil)
    #expect(gate.failure("/api/v1/everything", "{}", query: "") == nil)
  }

  @Test func aGetTakesNoBodyButADeleteDoes() throws {
    #expect(gate.malformed(find, "{}", path: [id]) != nil)
    let paint = "/api/v1/colors/{color}"
    let value = try ByColor(bytes: gate.request(paint, #"{"phase":"WORK"}"#, path: ["red"]))
    #expect(value == ByColor(color: .red, phase: .work))
    #expect(
      gate.malformed(paint, #"{"phase":"WORK"}"#, path: ["red"], query: "phase=WORK")?.field
        == "phase")
  }
}

extension String {
  fileprivate func replacingDashes(with text: String) -> String {
    split(separator: "-").joined(separator: text)
  }
}
