import HTTP
import Testing

/// One refusal: what is sent, and why it is refused.
nonisolated struct Refusal: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  var error: HTTPParseError

  init(_ name: String, _ text: String, _ error: HTTPParseError) {
    self.name = name
    self.text = text
    self.error = error
  }

  var testDescription: String { name }
}

@Suite struct ParserRefusalTests {
  nonisolated static let lines = [
    Refusal("two spaces after the method", line("GET  / HTTP/1.1"), .malformedRequestLine),
    Refusal("two spaces before the version", line("GET /  HTTP/1.1"), .malformedRequestLine),
    Refusal("a space at the end", line("GET / HTTP/1.1 "), .malformedRequestLine),
    Refusal("a space at the start", line(" GET / HTTP/1.1"), .malformedRequestLine),
    Refusal("a tab for a space", line("GET\t/ HTTP/1.1"), .malformedRequestLine),
    Refusal("a tab in the target", line("GET /a\tb HTTP/1.1"), .malformedTarget),
    Refusal("an 8-bit target", line("GET /é HTTP/1.1"), .malformedTarget),
    Refusal("a control in the target", line("GET /\u{1} HTTP/1.1"), .malformedTarget),
    Refusal("a delete in the target", line("GET /\u{7F} HTTP/1.1"), .malformedTarget),
    Refusal("a NUL in the target", line("GET /\0 HTTP/1.1"), .malformedTarget),
    Refusal("a bare CR in the target", line("GET /\ra HTTP/1.1"), .malformedTarget),
    Refusal("a fragment", line("GET /a#b HTTP/1.1"), .malformedTarget),
    Refusal("no slash", line("GET a HTTP/1.1"), .malformedTarget),
    Refusal("an asterisk for GET", line("GET * HTTP/1.1"), .malformedTarget),
    Refusal("another scheme", line("GET ftp://focal.test/ HTTP/1.1"), .malformedTarget),
    Refusal("user info", line("GET http://a@focal.test/ HTTP/1.1"), .malformedTarget),
    Refusal("no authority", line("GET http:///a HTTP/1.1"), .malformedTarget),
    Refusal("HTTP/0.9", line("GET /"), .malformedRequestLine),
    Refusal("no target", line("GET HTTP/1.1"), .malformedRequestLine),
    Refusal("lower-case protocol", line("GET / http/1.1"), .malformedRequestLine),
    Refusal("two digits", line("GET / HTTP/1.10"), .malformedRequestLine),
    Refusal("a version without a dot", line("GET / HTTP/11"), .malformedRequestLine),
    Refusal("HTTP/1.2", line("GET / HTTP/1.2"), .unsupportedVersion),
    Refusal("HTTP/2.0", line("GET / HTTP/2.0"), .unsupportedVersion),
    Refusal("HTTP/0.9 with a version", line("GET / HTTP/0.9"), .unsupportedVersion),
    Refusal("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
    Refusal("an unknown method", line("BREW / HTTP/1.1"), .unknownMethod),
    Refusal("a lower-case method", line("get / HTTP/1.1"), .unknownMethod),
    Refusal("a method that is no token", line("GE(T / HTTP/1.1"), .malformedRequestLine),
    Refusal("a method without end", String(repeating: "A", count: 33), .malformedRequestLine),
    Refusal("CONNECT", line("CONNECT focal.test:443 HTTP/1.1"), .forbiddenMethod),
    Refusal("TRACE", line("TRACE / HTTP/1.1"), .forbiddenMethod),
    Refusal("a TLS greeting", "\u{16}\u{3}\u{1}", .malformedRequestLine),
    Refusal("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n", .malformedRequestLine),
    Refusal("a bare LF after the line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
    Refusal("a bare LF alone", "\n", .bareLineFeed),
  ]

  nonisolated static let fields = [
    Refusal("a bare LF after a field", request("A: b\nC: d"), .bareLineFeed),
    Refusal("a bare LF for the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
    Refusal("a bare CR in a value", request("A: b\rc"), .malformedFieldValue),
    Refusal("a bare CR in a name", request("A\rb: c"), .malformedFieldName),
    Refusal("CR CR LF", request("A: b\r"), .malformedFieldValue),
    Refusal("folding by a space", request("A: b", " c"), .obsoleteFolding),
    Refusal("folding by a tab", request("A: b", "\tc"), .obsoleteFolding),
    Refusal(
      "a space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
      .obsoleteFolding),
    Refusal("a space before the colon", request("A : b"), .malformedFieldName),
    Refusal("a tab before the colon", request("A\t: b"), .malformedFieldName),
    Refusal("a space in a name", request("A b: c"), .malformedFieldName),
    Refusal("an empty name", request(": b"), .malformedFieldName),
    Refusal("no colon", request("Ab"), .malformedFieldName),
    Refusal("an 8-bit name", request("Ä: b"), .malformedFieldName),
    Refusal("a bracket in a name", request("A[b]: c"), .malformedFieldName),
    Refusal("a NUL in a value", request("A: b\0c"), .malformedFieldValue),
    Refusal("a control in a value", request("A: b\u{1}c"), .malformedFieldValue),
    Refusal(
      "a control in a long value", request("A: 0123456789\u{1F}0123456789"),
      .malformedFieldValue),
    Refusal("a delete in a value", request("A: 01234567\u{7F}"), .malformedFieldValue),
    Refusal("another expectation", request("Expect: 200-ok"), .unknownExpectation),
    Refusal("a malformed Connection", request("Connection: a b"), .malformedFieldValue),
    Refusal("no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", .missingHost),
    Refusal("a second Host", request("Host: focal.test"), .repeatedHost),
    Refusal("an empty Host", host(""), .malformedHost),
    Refusal("a Host with a path", host("focal.test/a"), .malformedHost),
    Refusal("a Host with user info", host("a@focal.test"), .malformedHost),
    Refusal("a list of Hosts", host("a, b"), .malformedHost),
    Refusal("a Host with a space", host("a b"), .malformedHost),
    Refusal("a port of letters", host("focal.test:http"), .malformedHost),
    Refusal("a port past 65535", host("focal.test:65536"), .malformedHost),
    Refusal("a port alone", host(":80"), .malformedHost),
    Refusal("an open bracket", host("[::1"), .malformedHost),
    Refusal("letters in brackets", host("[evil]"), .malformedHost),
    Refusal(
      "a Host unlike the target", request(line: "GET http://other.test/ HTTP/1.1"),
      .malformedHost),
  ]

  nonisolated static let framing = [
    Refusal("a second Content-Length", length("5", "5"), .repeatedContentLength),
    Refusal("another second Content-Length", length("5", "6"), .repeatedContentLength),
    Refusal("a list of lengths", length("5, 5"), .malformedContentLength),
    Refusal("a positive sign", length("+5"), .malformedContentLength),
    Refusal("a negative sign", length("-5"), .malformedContentLength),
    Refusal("a hexadecimal length", length("0x5"), .malformedContentLength),
    Refusal("a letter", length("5a"), .malformedContentLength),
    Refusal("an empty length", length(""), .malformedContentLength),
    Refusal("a fraction", length("5.0"), .malformedContentLength),
    Refusal("two numbers", length("5 5"), .malformedContentLength),
    Refusal("an overflow", length("9223372036854775808"), .malformedContentLength),
    Refusal("a huge overflow", length("99999999999999999999999"), .malformedContentLength),
    Refusal(
      "length and encoding", request("Content-Length: 5", "Transfer-Encoding: chunked"),
      .lengthBesideTransferEncoding),
    Refusal(
      "encoding and length", request("Transfer-Encoding: chunked", "Content-Length: 5"),
      .lengthBesideTransferEncoding),
    Refusal("an encoding with gzip", encoding("gzip, chunked"), .malformedTransferEncoding),
    Refusal("gzip alone", encoding("gzip"), .malformedTransferEncoding),
    Refusal("identity", encoding("identity"), .malformedTransferEncoding),
    Refusal("chunked twice", encoding("chunked, chunked"), .malformedTransferEncoding),
    Refusal(
      "chunked in two fields", encoding("chunked", "chunked"),
      .malformedTransferEncoding),
    Refusal("chunked and more", encoding("chunkedx"), .malformedTransferEncoding),
    Refusal("chunked with a parameter", encoding("chunked;a=b"), .malformedTransferEncoding),
    Refusal("chunked and a comma", encoding("chunked,"), .malformedTransferEncoding),
    Refusal("chunked in quotes", encoding("\"chunked\""), .malformedTransferEncoding),
    Refusal("a vertical tab before chunked", encoding("\u{B}chunked"), .malformedFieldValue),
    Refusal("an empty encoding", encoding(""), .malformedTransferEncoding),
    Refusal(
      "an encoding in HTTP/1.0",
      request("Transfer-Encoding: chunked", line: "POST / HTTP/1.0"),
      .transferEncodingInOldVersion),
  ]

  nonisolated static let limits = [
    Refusal(
      "a long target", line("GET /\(String(repeating: "a", count: 8192)) HTTP/1.1"),
      .targetTooLong),
    Refusal(
      "a target without end", "GET /\(String(repeating: "a", count: 8300))",
      .targetTooLong),
    Refusal(
      "a head of 32 KiB without end",
      request("A: \(String(repeating: "b", count: 32768))"), .headTooLarge),
    Refusal(
      "101 fields",
      request(Array(repeating: "A: b", count: 100).joined(separator: "\r\n")), .tooManyFields),
  ]

  nonisolated static let all = lines + fields + framing + limits

  @Test(arguments: all) func refuses(_ refusal: Refusal) {
    #expect(parse(refusal.text).failure == refusal.error)
  }

  @Test(arguments: lines + fields + framing) func refusesByteByByte(_ refusal: Refusal) {
    #expect(parse(refusal.text, pieceBytes: 1).failure == refusal.error)
  }

  @Test func everyRefusalOfAHeadHasACase() {
    let elsewhere: Set<HTTPParseError> = [
      .malformedChunkSize, .malformedChunkEnd, .malformedChunkExtension, .forbiddenTrailer,
      .bodyTooLarge, .headTimeout, .bodyTimeout,
    ]
    let covered = Set(Self.all.map(\.error))
    #expect(Set(HTTPParseError.allCases).subtracting(elsewhere) == covered)
  }

  @Test func everyRefusalHasAStatusOfItsOwnKind() {
    for error in HTTPParseError.allCases {
      #expect([400, 405, 408, 413, 414, 417, 431, 501, 505].contains(error.status))
      #expect(!error.detail.isEmpty)
    }
  }

  nonisolated private static func line(_ line: String) -> String {
    "\(line)\r\nHost: focal.test\r\n\r\n"
  }

  nonisolated private static func host(_ host: String) -> String {
    "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n"
  }

  nonisolated private static func length(_ values: String...) -> String {
    request(values.map { "Content-Length: \($0)" }.joined(separator: "\r\n"))
  }

  nonisolated private static func encoding(_ values: String...) -> String {
    request(values.map { "Transfer-Encoding: \($0)" }.joined(separator: "\r\n"))
  }
}
