import Foundation
import Observability
import Testing

@testable import Telemetry

@Suite struct SentryEventTests {
  private let identity = ProcessIdentity(
    name: "quotes", version: "1.2.3", instance: "quotes-1-x", environment: "staging", host: "box")

  private let fields: LogFields = [
    "request_id": "r-1", "rpc": "focal.quotes.v1.Quotes/GetToday", "user_id": "u-1",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
    "client": "192.0.2.1", "secret": "hunter2", "duration": .duration(.seconds(1)),
    "error": .failure(type: "PostgresError", text: #"relation "quotes" does not exist"#),
  ]

  /// The three lines of an envelope.
  private func lines(_ event: SentryEvent) throws -> [[String: Any]] {
    let bytes = event.envelope(from: identity, sentAt: 1_700_000_000_000)
    let text = String(decoding: bytes, as: UTF8.self)
    return try text.split(separator: "\n").map {
      let object = try JSONSerialization.jsonObject(with: Data($0.utf8))
      return try #require(object as? [String: Any])
    }
  }

  @Test func isAnEnvelopeOfOneEvent() throws {
    let event = SentryEvent("rpc call failed", fields, at: 1_700_000_000_000)
    let lines = try lines(event)
    try #require(lines.count == 3)
    #expect(lines[0]["event_id"] as? String == lines[2]["event_id"] as? String)
    #expect((lines[0]["event_id"] as? String)?.count == 32)
    #expect(lines[0]["sent_at"] as? String == "2023-11-14T22:13:20.000Z")
    #expect(lines[1]["type"] as? String == "event")
    let text = String(
      decoding: event.envelope(from: identity, sentAt: 1_700_000_000_000), as: UTF8.self)
    let payload = text.split(separator: "\n")[2]
    #expect(lines[1]["length"] as? Int == payload.utf8.count)
  }

  @Test func tellsWhatWhereAndWhose() throws {
    let event = try lines(SentryEvent("rpc call failed", fields, at: 1_700_000_000_000))[2]
    #expect(event["environment"] as? String == "staging")
    #expect(event["release"] as? String == "focal@1.2.3")
    #expect(event["logger"] as? String == "focal-quotes")
    #expect(event["server_name"] as? String == "box")
    #expect(event["level"] as? String == "error")
    #expect(event["transaction"] as? String == "focal.quotes.v1.Quotes/GetToday")
    let tags = try #require(event["tags"] as? [String: String])
    #expect(tags["request_id"] == "r-1" && tags["process"] == "quotes")
    #expect((event["user"] as? [String: String]) == ["id": "u-1"])
    let trace = (event["contexts"] as? [String: [String: String]])?["trace"]
    #expect(trace?["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(trace?["span_id"] == "00f067aa0ba902b7")
    let values = (event["exception"] as? [String: [[String: String]]])?["values"]
    #expect(values?.first?["type"] == "PostgresError")
    #expect(values?.first?["value"] == #"relation "quotes" does not exist"#)
  }

  @Test func tellsOnlyWhatIsKnownToBeHarmless() throws {
    let bytes = SentryEvent("rpc call failed", fields, at: 0).envelope(from: identity, sentAt: 0)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(!text.contains("192.0.2.1") && !text.contains("hunter2"))
  }

  @Test func oneErrorIsOneKind() {
    func event(_ text: String, _ route: String = "/a", _ request: String = "r") -> SentryEvent {
      SentryEvent(
        "failed",
        [
          "request_id": .string(request), "route": .string(route),
          "error": .failure(type: "E", text: text),
        ], at: 0)
    }
    let first = event("row 12 of 0190b-17 is gone", "/a", "r-1").fingerprint
    #expect(first == event("row 99 of 0191c-33 is gone", "/a", "r-2").fingerprint)
    #expect(first != event("row 12 of 0190b-17 is locked").fingerprint)
    #expect(first != event("row 12 of 0190b-17 is gone", "/b").fingerprint)
  }

  @Test(arguments: [
    (#"relation "quotes.quotes" does not exist"#, #"relation "quotes.quotes" does not exist"#),
    (#"no syntax of an uuid: "Ada Lovelace""#, #"no syntax of an uuid: "[…]""#),
    ("no user ada@example.com here", "no user […] here"),
    ("cannot reach redis://user:pass@host/0", "cannot reach […]"),
    ("token eyJhbGciOiJFZERTQSJ9.x.y", "token […]"),
    ("all is \(String(repeating: "x", count: 65)) well", "all is […] well"),
  ])
  func hidesWhatMayBeSomebodys(text: String, shown: String) {
    #expect(Redaction.text(text) == shown)
  }

  @Test func isBounded() {
    let long = String(repeating: "ab ", count: 100_000)
    let event = SentryEvent(
      "failed", ["route": .string(long), "error": .failure(type: "E", text: long)], at: 0)
    #expect(event.envelope(from: identity, sentAt: 0).count < 4_000)
  }
}
