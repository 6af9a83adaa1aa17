import Foundation
import HTTP
import Testing

@Suite struct ProblemTests {
  private func object(_ problem: Problem) throws -> NSDictionary? {
    try JSONSerialization.jsonObject(with: Data(problem.json())) as? NSDictionary
  }

  @Test func writesTheMembersOfTheContract() throws {
    let problem = Problem(
      status: 422, code: "invalid", detail: "A field breaks a rule.", instance: "/api/v1/x",
      requestID: "r1", errors: [.init(field: "email", code: "min_len", message: "too short")])
    #expect(
      try object(problem) == [
        "type": "about:blank", "title": "Unprocessable Content", "status": 422,
        "detail": "A field breaks a rule.", "instance": "/api/v1/x", "code": "invalid",
        "request_id": "r1",
        "errors": [["field": "email", "code": "min_len", "message": "too short"]],
      ])
  }

  @Test func leavesOutWhatIsUnknown() throws {
    let members = try object(Problem(status: 404, code: "not_found", detail: ""))
    #expect(
      Set(members?.allKeys as? [String] ?? [])
        == ["type", "title", "status", "detail", "code"])
  }

  @Test func escapesAnyText() throws {
    let text = "\"\\\n\r\t\u{1}\u{1F}\0/é\u{1F600}\u{2028}"
    let members = try object(Problem(status: 400, code: text, detail: text))
    #expect(members?["detail"] as? String == text)
    #expect(members?["code"] as? String == text)
  }
}

@Suite struct HTTPDateTests {
  @Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
  ])
  func writesTheDateOfHTTP(seconds: Int, text: String) {
    #expect(HTTPDate.format(secondsSinceEpoch: seconds) == text)
  }
}
