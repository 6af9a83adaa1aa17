import HTTP
import Testing

@Suite struct ChunkDecoderTests {
  enum Outcome: Equatable {
    case needMore
    case body(String, rest: Int)
    case failure(HTTPParseError)
  }

  @Test(arguments: [1, 2, 5, 1000]) func joinsTheChunks(pieceBytes: Int) {
    let body = "5\r\nhello\r\n0a;x=\"y\\\"z\";b\r\n, chunks!!\r\n000\r\nA: b\r\nB: c\r\n\r\n"
    #expect(decode(body, pieceBytes) == .body("hello, chunks!!", rest: 0))
    #expect(decode(body + "GET") == .body("hello, chunks!!", rest: 3))
  }

  @Test(arguments: [
    "", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello\r", "0\r\n", "0\r\n\r", "0\r\nA: b\r\n",
  ])
  func waitsForMore(text: String) {
    #expect(decode(text) == .needMore)
  }

  nonisolated static let refusals = [
    Refusal("a positive sign", "+5\r\n", .malformedChunkSize),
    Refusal("a negative sign", "-5\r\n", .malformedChunkSize),
    Refusal("a prefix", "0x5\r\n", .malformedChunkSize),
    Refusal("a space before", " 5\r\n", .malformedChunkSize),
    Refusal("a space after", "5 \r\n", .malformedChunkSize),
    Refusal("a tab after", "5\t\r\n", .malformedChunkSize),
    Refusal("a space before the extension", "5 ;a\r\n", .malformedChunkSize),
    Refusal("16 digits", "0000000000000001\r\n", .malformedChunkSize),
    Refusal("no digits", "\r\n", .malformedChunkSize),
    Refusal("a letter", "g\r\n", .malformedChunkSize),
    Refusal("an underscore", "1_0\r\n", .malformedChunkSize),
    Refusal("a size line without end", String(repeating: "0", count: 300), .malformedChunkSize),
    Refusal("a bare LF after the size", "5\nhello", .bareLineFeed),
    Refusal("a bare LF alone", "\n", .malformedChunkSize),
    Refusal("a bare CR after the size", "5\rX\r\n", .malformedChunkSize),
    Refusal("a chunk that is too long", "5\r\nhello!\r\n", .malformedChunkEnd),
    Refusal("a bare LF after a chunk", "5\r\nhello\n0\r\n\r\n", .malformedChunkEnd),
    Refusal("a bare CR after a chunk", "5\r\nhello\r0\r\n\r\n", .malformedChunkEnd),
    Refusal("an extension without a name", "5;\r\n", .malformedChunkExtension),
    Refusal("an extension with a bare CR", "5;a\rb\r\n", .malformedChunkExtension),
    Refusal("an extension with a control", "5;a=\"\u{1}\"\r\n", .malformedChunkExtension),
    Refusal("an open quote", "5;a=\"b\r\n", .malformedChunkExtension),
    Refusal("an extension with a space", "5;a b\r\n", .malformedChunkExtension),
    Refusal("an extension without a value", "5;a=\r\n", .malformedChunkExtension),
    Refusal("more than the limit", "65\r\n", .bodyTooLarge),
    Refusal("far more than the limit", "fffffffffffffff\r\n", .bodyTooLarge),
    Refusal("a bare LF in the trailer", "0\r\nA: b\n\r\n", .bareLineFeed),
    Refusal("a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", .obsoleteFolding),
    Refusal("a trailer without colon", "0\r\nA\r\n\r\n", .malformedFieldName),
    Refusal("a trailer with a control", "0\r\nA: \0\r\n\r\n", .malformedFieldValue),
    Refusal("a length in the trailer", "0\r\ncontent-Length: 9\r\n\r\n", .forbiddenTrailer),
    Refusal(
      "an encoding in the trailer", "0\r\nTransfer-Encoding: chunked\r\n\r\n",
      .forbiddenTrailer),
    Refusal("a host in the trailer", "0\r\nHost: a\r\n\r\n", .forbiddenTrailer),
    Refusal("a long trailer", "0\r\nA: \(String(repeating: "b", count: 32768))", .headTooLarge),
    Refusal(
      "101 trailer fields", "0\r\n" + String(repeating: "A: b\r\n", count: 101),
      .tooManyFields),
  ]

  @Test(arguments: refusals) func refuses(_ refusal: Refusal) {
    #expect(decode(refusal.text) == .failure(refusal.error))
  }

  @Test func sumsTheChunksForTheLimit() {
    #expect(decode("32\r\n\(String(repeating: "a", count: 50))\r\n32\r\n") == .needMore)
    #expect(
      decode("32\r\n\(String(repeating: "a", count: 50))\r\n33\r\n") == .failure(.bodyTooLarge))
  }

  @Test func boundsAllExtensionsTogether() {
    let chunk = "1;\(String(repeating: "e", count: 200))\r\na\r\n"
    #expect(decode(String(repeating: chunk, count: 80)) == .needMore)
    #expect(decode(String(repeating: chunk, count: 90)) == .failure(.malformedChunkExtension))
  }

  private func decode(_ text: String, _ pieceBytes: Int = .max) -> Outcome {
    var decoder = ChunkDecoder(limits: HTTPLimits(), bodyBytesMax: 100)
    var waiting: [UInt8] = []
    var body: [UInt8] = []
    var left = Array(text.utf8)[...]
    while !left.isEmpty {
      waiting += left.prefix(pieceBytes)
      left = left.dropFirst(pieceBytes)
      var needsMore = false
      while !needsMore {
        let step = waiting.withUnsafeBytes { decoder.decode($0) }
        switch step {
        case .needMore(let consumed):
          waiting.removeFirst(consumed)
          needsMore = true
        case .content(let range, let consumed):
          body += waiting[range]
          waiting.removeFirst(consumed)
        case .end(let consumed):
          return .body(String(decoding: body, as: UTF8.self), rest: waiting.count - consumed)
        case .failure(let error): return .failure(error)
        }
      }
    }
    return .needMore
  }
}
