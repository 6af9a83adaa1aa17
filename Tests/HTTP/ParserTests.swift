import HTTP
import Testing

@Suite struct ParserTests {
  @Test func takesARequestApart() {
    let line = "GET /api/v1/x?a=b&c?d HTTP/1.1\r\n"
    let text = line + "Host: focal.test:8080\r\nAccept:\t*/* \r\n\r\nrest"
    let parsed = parse(text).request
    #expect(parsed?.method == .get)
    #expect(parsed?.minorVersion == 1)
    #expect(parsed?.path == "/api/v1/x")
    #expect(parsed?.query == "a=b&c?d")
    #expect(parsed?.fields == ["Host: focal.test:8080", "Accept: */*"])
    #expect(parsed?.bytes == text.utf8.count - 4)
    #expect(parsed?.contentLength == nil)
  }

  @Test(arguments: [1, 2, 3, 7, 64]) func findsTheSameInPieces(pieceBytes: Int) {
    let text = request("Content-Length: 12", "X-Long: \(String(repeating: "v", count: 99))")
    #expect(parse(text, pieceBytes: pieceBytes) == parse(text))
    #expect(parse(text).request?.contentLength == 12)
  }

  @Test func waitsForTheWholeHead() {
    let text = request()
    for count in 0..<text.utf8.count {
      #expect(parse(Array(text.utf8.prefix(count))) == .needMore)
    }
  }

  @Test(arguments: HTTPMethod.allCases) func knowsTheMethod(method: HTTPMethod) {
    #expect(parse(request(line: "\(method.name) / HTTP/1.1")).request?.method == method)
  }

  @Test func takesTheAbsoluteForm() {
    let parsed = parse(request(line: "GET http://FOCAL.test/a?b HTTP/1.1")).request
    #expect(parsed?.path == "/a")
    #expect(parsed?.query == "b")
    #expect(parse(request(line: "GET http://focal.test HTTP/1.1")).request?.path == "")
    #expect(parse(request(line: "GET https://focal.test?q HTTP/1.1")).request?.query == "q")
  }

  @Test func takesAnAsteriskForOptions() {
    #expect(parse(request(line: "OPTIONS * HTTP/1.1")).request?.path == "*")
  }

  @Test func forgivesOneEmptyLineBeforeARequest() {
    let parsed = parse("\r\n" + request()).request
    #expect(parsed?.path == "/x")
    #expect(parsed?.bytes == request().utf8.count + 2)
  }

  @Test func keepsAliveByVersionAndConnection() {
    func keepsAlive(_ version: String, _ fields: String...) -> Bool? {
      let lines = ["GET / HTTP/\(version)", "Host: a"] + fields
      return parse(lines.map { $0 + "\r\n" }.joined() + "\r\n").request?.keepsAlive
    }
    #expect(keepsAlive("1.1") == true)
    #expect(keepsAlive("1.0") == false)
    #expect(keepsAlive("1.0", "Connection: Keep-Alive") == true)
    #expect(keepsAlive("1.1", "Connection: close") == false)
    #expect(keepsAlive("1.1", "Connection: , upgrade ,\tCLOSE,") == false)
    #expect(keepsAlive("1.1", "Connection: upgrade", "Connection: close") == false)
    #expect(keepsAlive("1.0", "Connection: keep-alive, close") == false)
    #expect(keepsAlive("1.1", "Connection: closed") == true)
    #expect(keepsAlive("1.1", "X-Connection: close") == true)
  }

  @Test func anOldRequestNeedsNoHost() {
    #expect(parse("GET / HTTP/1.0\r\n\r\n").request?.minorVersion == 0)
  }

  @Test(arguments: ["a", "focal.test:", "127.0.0.1:80", "[::1]", "[fe80::1]:8080", "a_b.c~d"])
  func takesTheHost(host: String) {
    #expect(parse("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").request != nil)
  }

  @Test func knowsTheBody() {
    #expect(parse(request("content-LENGTH: 0012")).request?.contentLength == 12)
    #expect(parse(request("Content-Length: 0")).request?.contentLength == 0)
    #expect(parse(request("Content-Length: 9223372036854775807")).request?.contentLength == .max)
    #expect(parse(request("Transfer-Encoding: chunked")).request?.isChunked == true)
  }

  @Test func expectsContinueOnlyWithABody() {
    let expect = "Expect: 100-Continue"
    #expect(parse(request(expect, "Content-Length: 1")).request?.expectsContinue == true)
    #expect(parse(request(expect)).request?.expectsContinue == false)
    let old = request(expect, "Content-Length: 1", line: "POST / HTTP/1.0")
    #expect(parse(old).request?.expectsContinue == false)
  }

  @Test func valuesMayHaveTabsAndEightBits() {
    #expect(parse(request("A: b\tc", "B: ä")).request?.fields.dropFirst() == ["A: b\tc", "B: ä"])
    #expect(parse(request("A:", "B:   ")).request?.fields.dropFirst() == ["A: ", "B: "])
  }

  @Test func takesWhatIsJustWithinTheLimits() {
    let target = "/" + String(repeating: "a", count: 8191)
    #expect(parse(request(line: "GET \(target) HTTP/1.1")).request?.path == target)
    let many = Array(repeating: "A: b", count: 99).joined(separator: "\r\n")
    #expect(parse(request(many)).request?.fields.count == 100)
    let room = 32768 - request("A: ").utf8.count
    #expect(parse(request("A: \(String(repeating: "b", count: room))")).request?.bytes == 32768)
    #expect(
      parse(request("A: \(String(repeating: "b", count: room + 1))")).failure == .headTooLarge)
  }

  @Test func beginsAnewAfterAHead() {
    var parser = HTTPParser()
    for path in ["/a", "/bc", "/def"] {
      let text = Array(request("N: v", line: "GET \(path) HTTP/1.1").utf8)
      text.withUnsafeBytes { raw in
        guard case .head(let head) = parser.parse(raw) else {
          Issue.record("no head")
          return
        }
        #expect(Int(head.path.count) == path.utf8.count)
        #expect(parser.fields.count == 2)
      }
    }
  }
}
