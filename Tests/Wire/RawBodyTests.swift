import Samples
import Testing
import Wire

/// Bodies that are no JSON, and JSON within JSON.
struct RawBodyTests {
  private let gate = Gate.shared
  private let id = "01890000-0000-7000-8000-000000000001"

  private func upload(_ body: [UInt8], id: String) throws(RequestFailure) -> [UInt8] {
    let route = gate.route("/api/v1/pictures/{id}")
    let path = UnsafeRawBufferPointer.copying(id)
    let body = UnsafeRawBufferPointer.copying(body)
    defer {
      path.deallocate()
      body.deallocate()
    }
    return try Schemas.transcoder.upload(
      route, route.upload!, body: body, type: "image/webp", path: [path], Arena())
  }

  @Test func anUploadIsOneField() throws {
    let bytes = try upload([0, 255, 0x22, 10], id: id)
    #expect(
      try Picture(bytes: bytes)
        == Picture(id: id, data: [0, 255, 0x22, 10], mediaType: "image/webp"))
  }

  @Test func anUploadMayBeLarge() throws {
    let body = [UInt8](repeating: 7, count: 2 << 20)
    #expect(try Picture(bytes: upload(body, id: id)).data == body)
  }

  @Test func anUploadIsNotEmptyAndItsPathIsChecked() {
    #expect(throws: RequestFailure.notFound) { try upload([1], id: "x") }
    let empty = FieldViolation(field: "data", code: "required", message: "is empty")
    #expect(throws: RequestFailure.violations([empty])) { try upload([], id: id) }
  }

  @Test func aliasesUploadToo() {
    #expect(gate.route("/pictures/{id}").upload?.types.count == 2)
  }

  @Test func aDownloadIsOneField() throws {
    let route = Routes.all.first { $0.download != nil }!
    #expect(route.auth == .moderator)
    let bytes = try Picture(data: [1, 0, 2], mediaType: "image/png").bytes()
    let content = bytes.withUnsafeBytes {
      Schemas.transcoder.content(route.download!.field, of: route, $0).map { Array($0) }
    }
    #expect(content == [1, 0, 2])
    let none = [UInt8]().withUnsafeBytes {
      Schemas.transcoder.content(route.download!.field, of: route, $0) == nil
    }
    #expect(none)
  }

  @Test(arguments: [
    #"{}"#, #"{"a":[1,2.5e3,{"b":null}],"c":"\u00e9","d":true}"#, #"{ "a" : [ ] }"#,
  ])
  func anObjectIsKeptAsItIs(_ text: String) throws {
    let bytes = try gate.request("/api/v1/criteria", #"{"criteria":"# + text + "}")
    #expect(try Criteria(bytes: bytes).criteria == text)
    #expect(
      try gate.answer("/api/v1/criteria", bytes) == #"{"criteria":"# + text + #","extra":null}"#)
  }

  @Test(arguments: [
    ("[]", "expected an object"), ("1", "expected an object"), (#""{}""#, "expected an object"),
    ("{", "too early"), (#"{"a":1,"a":2}"#, "given twice"), (#"{"a":01}"#, "starts with 0"),
    (#"{"a":"\ud800"}"#, "lone surrogate"), (#"{"a":nul}"#, "unexpected"),
    (#"{"a":1,}"#, "a string"), (#"{"a":[1,]}"#, "a number"),
    (
      #"{"a":"# + String(repeating: "[", count: 16) + String(repeating: "]", count: 16) + "}",
      "too deep"
    ),
  ])
  func whatIsNoObjectIsMalformed(_ text: String, _ part: String) {
    let malformed = gate.malformed("/api/v1/criteria", #"{"criteria":"# + text + "}")
    #expect(malformed?.message.contains(part) == true, "\(String(describing: malformed))")
    #expect(malformed?.field == "criteria")
  }

  @Test func jsonHasItsRules() {
    let long = #"{"a":""# + String(repeating: "x", count: 100) + #""}"#
    #expect(
      gate.violations("/api/v1/criteria", #"{"criteria":"# + long + "}") == ["criteria too_long"])
    #expect(
      gate.violations("/api/v1/criteria", #"{"criteria":{"a":"\u0000"}}"#) == ["criteria nul"])
    #expect(gate.violations("/api/v1/criteria", "{}") == ["criteria required"])
  }

  @Test(arguments: [
    ("", "null"), ("{", "null"), ("{} x", "null"), (#"{"a":[1]}"#, #"{"a":[1]}"#), ("[1]", "[1]"),
    ("\u{ff}", "null"),
  ])
  func whatIsNoJSONIsNull(_ text: String, _ json: String) throws {
    let bytes = try Criteria(criteria: text).bytes()
    #expect(
      try gate.answer("/api/v1/criteria", bytes) == #"{"criteria":"# + json + #","extra":null}"#)
  }
}
