import HTTP

/// A request as a caller of the parser sees it, copied out.
struct ParsedRequest: Equatable {
  var method: HTTPMethod
  var minorVersion: UInt8
  var path: String
  var query: String?
  var fields: [String]
  var keepsAlive: Bool
  var contentLength: Int?
  var isChunked: Bool
  var expectsContinue: Bool
  var bytes: Int
}

enum ParserOutcome: Equatable {
  case needMore
  case request(ParsedRequest)
  case failure(HTTPParseError)

  var request: ParsedRequest? {
    if case .request(let request) = self { request } else { nil }
  }

  var failure: HTTPParseError? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// Parses `text` as it would arrive in pieces of so many bytes.
func parse(
  _ text: String, pieceBytes: Int = .max, limits: HTTPLimits = HTTPLimits()
) -> ParserOutcome {
  parse(Array(text.utf8), pieceBytes: pieceBytes, limits: limits)
}

func parse(
  _ bytes: [UInt8], pieceBytes: Int = .max, limits: HTTPLimits = HTTPLimits()
) -> ParserOutcome {
  var parser = HTTPParser(limits: limits)
  var arrived = 0
  while arrived < bytes.count {
    arrived = pieceBytes >= bytes.count - arrived ? bytes.count : arrived + pieceBytes
    // A copy of exactly what has arrived, elsewhere each time: nothing may depend on its place.
    let outcome = Array(bytes[..<arrived]).withUnsafeBytes { raw -> ParserOutcome in
      switch parser.parse(raw) {
      case .needMore: return .needMore
      case .failure(let error): return .failure(error)
      case .head(let head): return .request(copy(head, parser.fields, raw))
      }
    }
    if outcome != .needMore { return outcome }
  }
  return .needMore
}

private func copy(
  _ head: HTTPHead, _ fields: UnsafeBufferPointer<HTTPField>, _ raw: UnsafeRawBufferPointer
) -> ParsedRequest {
  func text(_ range: HeadRange) -> String {
    String(decoding: raw[Int(range.start)..<Int(range.start + range.count)], as: UTF8.self)
  }
  return ParsedRequest(
    method: head.method, minorVersion: head.minorVersion, path: text(head.path),
    query: head.query.map(text), fields: fields.map { "\(text($0.name)): \(text($0.value))" },
    keepsAlive: head.keepsAlive, contentLength: head.contentLength, isChunked: head.isChunked,
    expectsContinue: head.expectsContinue, bytes: head.bytes)
}

/// A request with the fields it needs, and these.
nonisolated func request(_ fields: String..., line: String = "POST /x HTTP/1.1") -> String {
  ([line, "Host: focal.test"] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
}
