import HTTP

/// An answer that stays as it is while the process runs, with the tag by which clients keep it.
final class Document {
  private let whole: HTTPResponse
  private let known: HTTPResponse
  private let tag: EntityTag

  /// How long a client may use it without asking again.
  private static let freshSeconds = 60

  init(_ body: [UInt8], contentType: String, headers: [HTTPResponse.Header] = []) {
    tag = EntityTag(body)
    let headers =
      headers + [
        ("ETag", tag.text), ("Cache-Control", "public, max-age=\(Self.freshSeconds)"),
      ]
    whole = HTTPResponse(contentType: contentType, headers: headers, body: body)
    known = HTTPResponse(status: 304, headers: headers)
  }

  func answer(to request: HTTPRequest) -> HTTPResponse {
    guard let header = request.headerBytes("if-none-match"), tag.isNamed(by: header) else {
      return whole
    }
    return known
  }
}
