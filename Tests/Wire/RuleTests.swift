import Samples
import Testing
import Wire

/// Fields that break their rules, and the same fields keeping them.
struct RuleTests {
  private let gate = Gate.shared
  private let pattern = "/api/v1/strict/{id}"
  private let id = "0190b7e4-3f9c-7a3b-8000-0123456789ab"

  private func violations(_ members: String) -> [String] {
    gate.violations(pattern, "{\"name\":\"ab\",\"tags\":[\"a\"],\(members)}", path: [id])
  }

  private func accepts(_ members: String) -> Bool {
    gate.failure(pattern, "{\"name\":\"ab\",\"tags\":[\"a\"],\(members)}", path: [id]) == nil
  }

  @Test func collectsEveryViolation() {
    let body = """
      {"name":"a","code":"A-12","count":0,"minutes":0,"ended_at":"x","day":"2026-02-30",
       "image":"http://a","zone":"a b","email":"a","tags":[],"proof":"YQ==","password":"short",
       "color":"green","points":[{"label":"12345678901","x":-1},{},{"label":""}]}
      """
    #expect(
      gate.violations(pattern, body, path: [id]) == [
        "name too_short", "code pattern", "count min", "minutes min", "ended_at timestamp",
        "day date", "image https_url", "zone timezone", "email email", "tags too_few",
        "proof too_short", "password too_short", "color value", "points[0].label too_long",
        "points[0].x min", "points[1].label required", "points too_many",
      ])
  }

  @Test func collectsTwentyAtMost() {
    let points = Array(repeating: "{}", count: 50).joined(separator: ",")
    #expect(gate.violations("/api/v1/everything", "{\"points\":[\(points)]}").count == 20)
  }

  @Test func requiresWhatIsAbsentOrNull() {
    #expect(gate.violations(pattern, "{\"tags\":[\"a\"]}", path: [id]) == ["name required"])
    #expect(
      gate.violations(pattern, "{\"name\":null,\"tags\":[\"a\"]}", path: [id]) == ["name required"])
  }

  @Test func countsCharactersNotBytes() {
    #expect(
      gate.violations(pattern, "{\"name\":\"😀\",\"tags\":[\"a\"]}", path: [id]) == [
        "name too_short"
      ])
    #expect(gate.failure(pattern, "{\"name\":\"😀😀😀😀😀\",\"tags\":[\"a\"]}", path: [id]) == nil)
    #expect(
      gate.violations(pattern, "{\"name\":\"éééééé\",\"tags\":[\"a\"]}", path: [id]) == [
        "name too_long"
      ])
  }

  @Test func matchesThePatternAsAWhole() {
    #expect(accepts(#""code":"abc-12""#))
    for text in ["", "abc-123", "Xabc-12", "abc-12\\n", "-12", "abc-1"] {
      #expect(violations("\"code\":\"\(text)\"") == ["code pattern"], "\(text)")
    }
  }

  @Test func boundsNumbers() {
    #expect(accepts(#""count":1"#))
    #expect(accepts(#""count":366"#))
    for (text, code) in [
      ("0", "min"), ("367", "max"), ("3000000000", "max"), ("-3000000000", "min"),
      ("99999999999999999999999", "max"), ("-99999999999999999999999", "min"),
    ] {
      #expect(violations("\"count\":\(text)") == ["count \(code)"], "\(text)")
    }
    #expect(accepts(#""minutes":0.001"#))
    #expect(accepts(#""minutes":1440"#))
    #expect(violations(#""minutes":0"#) == ["minutes min"])
    #expect(violations(#""minutes":1440.5"#) == ["minutes max"])
    #expect(violations(#""natural":-1"#) == ["natural min"])
    #expect(violations(#""natural":4294967296"#) == ["natural max"])
    #expect(accepts(#""natural":4294967295"#))
  }

  @Test func refusesIntegersBeyondTheirTypes() {
    for (field, text, code) in [
      ("small", "2147483648", "max"), ("small", "-2147483649", "min"), ("natural", "-1", "min"),
      ("large", "9223372036854775808", "max"), ("large", "-9223372036854775809", "min"),
      ("larger", "18446744073709551616", "max"), ("larger", "-1", "min"),
      ("larger", "-99999999999999999999", "min"), ("narrow", "1e39", "max"),
      ("signed_fixed", "2147483648", "max"),
    ] {
      #expect(
        gate.violations("/api/v1/everything", "{\"\(field)\":\(text)}") == ["\(field) \(code)"])
    }
  }

  @Test func takesFurtherNames() throws {
    let bytes = try gate.request(
      pattern,
      #"{"name":"ab","tags":["a"],"duration":1.5,"timestamp":"2026-01-01T00:00:00Z"}"#, path: [id])
    let value = try Strict(bytes: bytes)
    #expect(value.minutes == 1.5)
    #expect(value.endedAt == 1_767_225_600_000)
    #expect(
      gate.malformed(pattern, #"{"name":"ab","duration":1,"minutes":2}"#, path: [id])?.field
        == "minutes")
  }

  @Test func tellsOfAFieldByTheNameThatWasSent() {
    #expect(violations(#""duration":0"#) == ["duration min"])
    #expect(violations(#""endedAt":"yesterday""#) == ["endedAt timestamp"])
    #expect(gate.malformed(pattern, #"{"duration":"a"}"#, path: [id])?.field == "duration")
    // What follows is told by its own name again.
    #expect(violations(#""duration":1,"count":-99"#).first?.hasPrefix("count ") == true)
    #expect(
      gate.violations(pattern, #"{"tags":["a"],"duration":1}"#, path: [id]) == ["name required"])
  }

  @Test func refusesNUL() {
    #expect(violations(#""code":"a\u0000""#) == ["code nul"])
    #expect(gate.violations("/api/v1/everything", #"{"labels":{"a\u0000":""}}"#) == ["labels nul"])
    #expect(
      gate.violations("/api/v1/everything", #"{"texts":["","\u0000"]}"#) == ["texts[1] nul"])
  }

  @Test func refusesEnumValuesItDoesNotKnow() {
    for text in ["green", "RED", "unspecified", "", "color_red", "Red"] {
      #expect(violations("\"color\":\"\(text)\"") == ["color value"], "\(text)")
    }
    #expect(accepts(#""color":"dark_blue""#))
    #expect(gate.failure("/api/v1/everything", #"{"phase":"LONG_BREAK"}"#) == nil)
    #expect(gate.violations("/api/v1/everything", #"{"phase":"long_break"}"#) == ["phase value"])
  }

  @Test func knowsBase64() throws {
    for (text, bytes): (String, [UInt8]) in [
      ("YWI=", [97, 98]), ("YWI", [97, 98]), ("_-8=", [255, 239]), ("/+8=", [255, 239]),
      ("AAAA", [0, 0, 0]),
    ] {
      let body = "{\"name\":\"ab\",\"tags\":[\"a\"],\"proof\":\"\(text)\"}"
      #expect(try Strict(bytes: gate.request(pattern, body, path: [id])).proof == bytes)
    }
    for text in ["Y", "YWI==", "YW=I", "YWJ", "Y WI", "YWI=\\n", "===="] {
      #expect(violations("\"proof\":\"\(text)\"") == ["proof base64"], "\(text)")
    }
  }

  @Test func knowsURLs() {
    for text in [
      "https://a", "https://example.org/a/b?c=d#e", "HTTPS://Example.org:8443/", "https://a.b?x",
    ] {
      #expect(accepts("\"image\":\"\(text)\""), "\(text)")
    }
    for text in [
      "", "http://a", "https://", "https:///a", "https://user@host/", "https://a b/", "https://a:",
      "https://a:123456", "https://a:x", "ftp://a", "//a", "https://-a", "https://a/<b>",
      "javascript:alert(1)", "https://\\u00e9", "https://" + String(repeating: "a", count: 2048),
    ] {
      #expect(violations("\"image\":\"\(text)\"") == ["image https_url"], "\(text)")
    }
  }

  @Test func knowsEmailAddresses() {
    for text in ["a@b.c", "a.b+c@example.org", "ü@exämple.org"] {
      #expect(accepts("\"email\":\"\(text)\""), "\(text)")
    }
    for text in ["", "a", "a@b", "@b.c", "a@", "a@b@c.d", "a b@c.d", "a@.b", "a@b.", "a@b..c"] {
      #expect(violations("\"email\":\"\(text)\"") == ["email email"], "\(text)")
    }
  }

  @Test func knowsTimeZones() {
    for text in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"] {
      #expect(accepts("\"zone\":\"\(text)\""), "\(text)")
    }
    for text in ["", "../etc/passwd", "/UTC", "a b", "Europe/Berlín"] {
      #expect(violations("\"zone\":\"\(text)\"") == ["zone timezone"], "\(text)")
    }
  }

  @Test func neverRepeatsASecret() {
    let failure = gate.failure(
      pattern, #"{"name":"ab","tags":["a"],"password":"hunter2"}"#, path: [id])
    #expect(failure != nil)
    #expect(!"\(String(reflecting: failure))".contains("hunter2"))
  }
}
