import Samples
import Testing
import Wire

/// Texts that are no JSON, or not the JSON of the message.
struct StrictJSONTests {
  private let gate = Gate.shared
  private let pattern = "/api/v1/everything"

  @Test(arguments: [
    "{", "}", "[]", "null", "1", "\"a\"", "true", "{} {}", "{}x", "{,}", "{\"text\"}",
    "{\"text\":}", "{\"text\":\"a\",}", "{\"text\":\"a\" \"data\":\"\"}", "{text:\"a\"}",
    "{'text':\"a\"}", "{\"text\":\"a", "{\"text\":\"a\\\"", "{\"text\":\"\\", "\u{feff}{}",
    "{\"smalls\":[1,]}", "{\"smalls\":[,1]}", "{\"smalls\":[1", "{\"smalls\":[1}", "// x\n{}",
    "{\"labels\":{\"a\":}}", "{\"labels\":{\"a\"}}", "{\"labels\":{,}}",
  ])
  func refusesWhatIsNoObject(_ text: String) {
    #expect(gate.malformed(pattern, text) != nil)
  }

  @Test func takesAnAbsentBodyAsAnEmptyObject() throws {
    #expect(try gate.request(pattern, "").isEmpty)
    #expect(try gate.request(pattern, " {\n\t\r} ").isEmpty)
  }

  @Test func refusesDuplicateKeysAlsoInTheOtherCase() {
    #expect(gate.malformed(pattern, #"{"text":"a","text":"b"}"#)?.field == "text")
    #expect(gate.malformed(pattern, #"{"maybe_text":"a","maybeText":"b"}"#)?.field == "maybeText")
    #expect(gate.malformed(pattern, #"{"text":null,"text":"b"}"#)?.field == "text")
    #expect(gate.malformed(pattern, #"{"labels":{"a":"","a":""}}"#)?.field == "labels")
    #expect(gate.malformed(pattern, #"{"text":"a","t\u0065xt":"b"}"#)?.field == "text")
  }

  @Test func refusesUnknownFieldsWithTheirNames() {
    let outer = gate.malformed(pattern, #"{"txet":"a"}"#)
    #expect(outer?.field == "txet")
    #expect(outer?.message == "unknown field")
    #expect(gate.malformed(pattern, #"{"point":{"z":1}}"#)?.field == "point.z")
    #expect(gate.malformed(pattern, #"{"points":[{"label":""},{"q":1}]}"#)?.field == "points[1].q")
    #expect(gate.malformed(pattern, #"{"Text":"a"}"#)?.field == "Text")
    #expect(gate.malformed(pattern, #"{"":"a"}"#) != nil)
  }

  @Test func takesBothCasesOfAName() throws {
    let snake = try Everything(bytes: gate.request(pattern, #"{"maybe_small":7}"#))
    let camel = try Everything(bytes: gate.request(pattern, #"{"maybeSmall":7}"#))
    #expect(snake.maybeSmall == 7)
    #expect(snake == camel)
  }

  @Test(arguments: [
    #"{"text":1}"#, #"{"text":true}"#, #"{"text":[]}"#, #"{"text":{}}"#, #"{"small":"1"}"#,
    #"{"small":true}"#, #"{"small":1.5}"#, #"{"small":15e-1}"#, #"{"flag":1}"#,
    #"{"flag":"true"}"#, #"{"flag":tru}"#, #"{"wide":"1"}"#, #"{"texts":"a"}"#, #"{"texts":{}}"#,
    #"{"texts":[1]}"#, #"{"texts":[null]}"#, #"{"point":[]}"#, #"{"point":"a"}"#, #"{"color":1}"#,
    #"{"at":1}"#, #"{"labels":[]}"#, #"{"labels":{"a":1}}"#, #"{"counts":{"a":"1"}}"#,
    #"{"large":"1"#, #"{"large":"x"}"#, #"{"large":""}"#, #"{"text":nul}"#,
  ])
  func refusesWrongTypesWithTheField(_ text: String) {
    #expect(gate.malformed(pattern, text)?.field.isEmpty == false)
  }

  @Test(arguments: [
    "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "-Infinity", "1e400",
    "00", "-01", "1_000", "1,5",
  ])
  func refusesNumbersThatAreNone(_ number: String) {
    #expect(gate.malformed(pattern, "{\"wide\":\(number)}") != nil)
    #expect(gate.malformed(pattern, "{\"small\":\(number)}") != nil)
  }

  @Test(arguments: [
    ("1.0", 1), ("1e2", 100), ("-2.50e1", -25), ("0.0", 0), ("-0e5", 0), ("90e-1", 9),
  ])
  func wholeNumbersAreIntegersHoweverWritten(_ text: String, _ value: Int32) throws {
    #expect(
      try Everything(bytes: gate.request(pattern, "{\"small\":\(text)}")).small == value)
  }

  @Test func readsNumbersExactly() throws {
    func wide(_ text: String) throws -> Double {
      try Everything(bytes: gate.request(pattern, "{\"wide\":\(text)}")).wide
    }
    for text in [
      "0", "-0", "1", "-1", "0.1", "3.14159", "1e10", "1E-7", "123456789012345",
      "0.000000000000001", "12345678901234567890", "1.7976931348623157e308", "5e-324",
      "9007199254740993", "0.30000000000000004",
    ] {
      #expect(try wide(text) == Double(text), "\(text)")
    }
    let negative = try Everything(bytes: gate.request(pattern, #"{"maybe_wide":-0}"#)).maybeWide
    #expect(negative?.sign == .minus)
  }

  @Test(arguments: [
    "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"",
    "\"\\u12\"", "\"\\u12g4\"", "\"\\x\"", "\"\\", "\"a\u{1}b\"", "\"a\nb\"", "\"\\ud83d\\u\"",
  ])
  func refusesBrokenStrings(_ text: String) {
    #expect(gate.malformed(pattern, "{\"text\":\(text)}") != nil)
  }

  @Test func readsEscapes() throws {
    let body = #"{"text":"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\uDE00 é€😀"}"#
    let value = try Everything(bytes: gate.request(pattern, body))
    #expect(value.text == "\"\\/\u{8}\u{c}\n\r\té€😀 é€😀")
  }

  @Test func refusesBytesThatAreNoUTF8() {
    for bad: [UInt8] in [
      [0xff], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
      [0xc3], [0xf0, 0x9f, 0x98], [0x80], [0xf5, 0x80, 0x80, 0x80],
    ] {
      let body = Array("{\"text\":\"".utf8) + bad + Array("\"}".utf8)
      #expect(throws: RequestFailure.malformed(field: "", message: "the body is not UTF-8")) {
        try gate.request(pattern, bytes: body)
      }
    }
  }

  @Test func refusesTwoOfAOneof() {
    #expect(gate.malformed(pattern, #"{"word":"a","figure":1}"#)?.field == "figure")
    #expect(gate.failure(pattern, #"{"word":null,"figure":1}"#) == nil)
  }

  @Test func takesLargeIntegersAsStringsToo() throws {
    let value = try Everything(
      bytes: gate.request(
        pattern, #"{"large":"-9223372036854775808","larger":"18446744073709551615"}"#))
    #expect(value.large == .min)
    #expect(value.larger == .max)
  }

  @Test func boundsRecursion() throws {
    func nested(_ levels: Int) -> String {
      levels == 0
        ? #"{"text":"leaf"}"# : #"{"text":"x","replies":["# + nested(levels - 1) + "]}"
    }
    #expect(gate.failure("/api/v1/tree", "{\"items\":[\(nested(3))]}") == nil)
    let failure = gate.malformed("/api/v1/tree", "{\"items\":[\(nested(4))]}")
    #expect(failure?.message == "nested too deep")
    #expect(failure?.field == "items[0].replies[0].replies[0].replies[0].replies[0]")
    let deep = String(repeating: #"{"replies":["#, count: 100_000)
    #expect(gate.malformed("/api/v1/tree", "{\"items\":[" + deep) != nil)
  }

  @Test func refusesWhatNeedsTooMuchMemory() {
    let arena = Arena(first: 512, limit: 4096)
    let body = UnsafeRawBufferPointer.copying(
      "{\"points\":[" + String(repeating: "{\"label\":\"\"},", count: 1000) + "{\"label\":\"\"}]}")
    defer { body.deallocate() }
    #expect(throws: RequestFailure.self) {
      try Schemas.transcoder.request(gate.route(pattern), body: body, arena)
    }
  }
}
