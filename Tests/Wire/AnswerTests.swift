import Foundation
import Samples
import Testing
import Wire

struct AnswerTests {
  private let gate = Gate.shared
  private let pattern = "/api/v1/everything"

  private func json(_ value: Everything) throws -> [String: Any] {
    let text = try gate.answer(pattern, try value.bytes())
    return try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
  }

  @Test func writesEveryFieldThatIsNotOptional() throws {
    #expect(
      try gate.answer(pattern, [])
        == #"{"text":"","data":"","flag":false,"small":0,"natural":0,"large":0,"larger":0,"#
        + #""narrow":0,"wide":0,"color":null,"phase":null,"point":null,"#
        + #""at":"1970-01-01T00:00:00.000Z","nothing":null,"texts":[],"datas":[],"flags":[],"#
        + #""smalls":[],"larges":[],"wides":[],"colors":[],"points":[],"labels":{},"counts":{},"#
        + #""places":{},"password":"","default":false,"class":"","zigzag":0,"fixed":0,"#
        + #""signed_fixed":0}"#)
  }

  @Test func writesEveryKind() throws {
    let value = Everything(
      text: "a\"\\\n\u{1}\u{7f}é😀", data: [1, 2, 3, 255], flag: true, small: -5, natural: .max,
      large: 1 << 53, larger: 7, narrow: 0.1, wide: -1.5, color: .darkBlue, phase: .longBreak,
      point: Point(label: "p", x: 1, y: 0), at: 1_767_225_600_123, maybeText: "", maybeSmall: 0,
      nothing: "x", texts: ["", "b"], smalls: [1, -1], colors: [.red], points: [Point(label: "q")],
      labels: ["k": "v", "a": "b"], counts: ["n": 3], places: ["o": Point()], choice: .figure(0),
      password: Secret("s"), zigzag: -3, fixed: 9, signedFixed: -9)
    #expect(
      try gate.answer(pattern, try value.bytes())
        == #"{"text":"a\"\\\n\u0001"# + "\u{7f}" + #"é😀","data":"AQID/w==","flag":true,"#
        + #""small":-5,"natural":4294967295,"large":9007199254740992,"larger":7,"narrow":0.1,"#
        + #""wide":-1.5,"color":"dark_blue","phase":"LONG_BREAK","#
        + #""point":{"label":"p","x":1,"y":0},"at":"2026-01-01T00:00:00.123Z","maybe_text":"","#
        + #""maybe_small":0,"nothing":"x","texts":["","b"],"datas":[],"flags":[],"smalls":[1,-1],"#
        + #""larges":[],"wides":[],"colors":["red"],"points":[{"label":"q","x":0}],"#
        + #""labels":{"a":"b","k":"v"},"counts":{"n":3},"places":{"o":{"label":"","x":0}},"#
        + #""figure":0,"password":"s","default":false,"class":"","zigzag":-3,"fixed":9,"#
        + #""signed_fixed":-9}"#)
  }

  @Test func writesAMessageAsItsRouteAnswersIt() throws {
    let value = Everything(text: "é", points: [Point(label: "q", x: 2)], labels: ["k": "v"])
    let answer = try gate.answer(pattern, try value.bytes())
    #expect(try Schemas.transcoder.json(of: value) == answer)
    #expect(try Schemas.transcoder.json(of: Everything.self, value.bytes()) == answer)
  }

  @Test func passesOnWhatWasWrittenBefore() throws {
    let points = [Point(label: "a\"", x: 1), Point(label: "b")]
    let kept = Kept(
      point: try Schemas.transcoder.json(of: points[0]),
      points: try Schemas.transcoder.json(of: points))
    #expect(
      try gate.answer("/api/v1/kept", try kept.bytes())
        == #"{"point":{"label":"a\"","x":1},"points":[{"label":"a\"","x":1},{"label":"b","x":0}]}"#)
    #expect(try Schemas.transcoder.json(of: [Point]()) == "[]")
    #expect(try gate.answer("/api/v1/kept", []) == #"{"point":null,"points":null}"#)
  }

  @Test func writesIntegersThatDoublesCannotHoldAsStrings() throws {
    let value = try json(
      Everything(large: -(1 << 53) - 1, larger: .max, larges: [1, .max, .min]))
    #expect(value["large"] as? String == "-9007199254740993")
    #expect(value["larger"] as? String == "18446744073709551615")
    let larges = try #require(value["larges"] as? [Any])
    #expect(larges[0] as? Int == 1)
    #expect(larges[1] as? String == "9223372036854775807")
    #expect(larges[2] as? String == "-9223372036854775808")
  }

  @Test func writesDoublesSoThatTheyReadBack() throws {
    let wides = [
      0.1, 1e300, 1e-300, .leastNonzeroMagnitude, -0.0, 1e15, 1e16, 123456.789, 25, .nan, .infinity,
    ]
    let text = try gate.answer(pattern, try Everything(wides: wides).bytes())
    let list = try #require(text.split(separator: "\"wides\":[").last?.split(separator: "]").first)
    let numbers = list.split(separator: ",").map(String.init)
    #expect(numbers.suffix(3) == ["25", "null", "null"])
    for (number, wide) in zip(numbers.dropLast(2), wides) { #expect(Double(number) == wide) }
  }

  @Test func writesUnknownEnumValuesAsNull() throws {
    // color (10) = 99
    #expect(try gate.answer(pattern, [0x50, 99]).contains("\"color\":null"))
  }

  @Test func ignoresUnknownFields() throws {
    // Field 1000, a varint.
    let bytes: [UInt8] = [0xc0, 0x3e, 1] + (try Answer(expiresIn: 4).bytes())
    #expect(
      try gate.answer("/api/v1/sign-in", bytes) == #"{"access_token":"","expires_in":4}"#)
  }

  @Test func addsFurtherNames() throws {
    let answer = Answer(
      accessToken: Secret("a"), expiresIn: 900, refreshToken: Secret("r"))
    #expect(
      try gate.answer("/sign-in", try answer.bytes())
        == #"{"access_token":"a","expires_in":900,"refresh_token":"r","token":"a","refresh":"r"}"#)
    #expect(
      try gate.answer("/sign-in", try Answer(accessToken: Secret("a")).bytes())
        == #"{"access_token":"a","expires_in":0,"token":"a"}"#)
    #expect(
      !(try gate.answer("/api/v1/sign-in", try answer.bytes())).contains("token\":\"a\",\"ref"))
  }

  @Test func readsTheCookiesFields() throws {
    let route = gate.route("/sign-in")
    let cookie = try #require(route.cookie)
    #expect(cookie.name == "token")
    guard case .set(let field, let maxAgeField?) = cookie.action else {
      Issue.record("the cookie is not set")
      return
    }
    let bytes = try Answer(accessToken: Secret("abc"), expiresIn: 900).bytes()
    bytes.withUnsafeBytes { bytes in
      #expect(Schemas.transcoder.text(field, of: route, bytes) == "abc")
      #expect(Schemas.transcoder.integer(maxAgeField, of: route, bytes) == 900)
      #expect(Schemas.transcoder.text(maxAgeField, of: route, bytes) == nil)
      #expect(Schemas.transcoder.integer(field, of: route, bytes) == nil)
    }
    let clears = try #require(gate.route("/sign-out").cookie)
    #expect(clears.name == "crumb")
    guard case .clear = clears.action else {
      Issue.record("the cookie is not cleared")
      return
    }
  }

  @Test func repairsStringsThatAreNoUTF8() throws {
    let text = try gate.answer(pattern, [0x0a, 4, 0x61, 0xff, 0x22, 0xc3])
    #expect(text.hasPrefix("{\"text\":\"a\u{fffd}\\\"\u{fffd}\","))
  }

  @Test func aSmallAnswerLeavesTheArenaFreeForALargeRequest() throws {
    let arena = Arena(first: 512)
    var writer = JSONWriter()
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    try Schemas.transcoder.answer(gate.route(pattern), empty, arena, into: &writer)
    arena.reset()
    let body = UnsafeRawBufferPointer.copying(
      "{\"text\":\"\\n" + String(repeating: "a", count: 900_000) + "\"}")
    defer { body.deallocate() }
    let bytes = try Schemas.transcoder.request(gate.route(pattern), body: body, arena)
    #expect(bytes.count > 900_000)
  }

  @Test func refusesBytesThatAreNoMessage() {
    #expect(throws: WireError.malformed) { try gate.answer(pattern, [0x0a, 5, 1]) }
  }

  @Test func whatItWritesItReads() throws {
    let text =
      #"{"text":"é","small":-1,"points":[{"label":"a","x":3},{"label":"","x":0,"y":2}],"#
      + #""labels":{"k":"v"},"at":"2026-06-01T12:00:00.000Z","wides":[0.5],"word":"w"}"#
    let bytes = try gate.request(pattern, text)
    let answer = try gate.answer(pattern, bytes)
    // What was not given is written as null, which counts as not given.
    #expect(try Everything(bytes: gate.request(pattern, answer)) == Everything(bytes: bytes))
  }
}
