import Contracts
import HTTP
import Network
import Wire

/// Requests to messages and messages to answers, by the generated tables.
///
/// Everything here is done between two suspensions, so one arena and one writer serve all requests.
final class Transcoding {
  private let transcoder = Schemas.transcoder
  /// Room for nearly every message at once: growing costs more than all that is written into it.
  private let arena = Arena(first: 32 << 10)
  private var writer = JSONWriter()

  /// What is wrong with a body before it is read: its type, or its size where the route has a size
  /// of its own.
  func refusal(of request: HTTPRequest, _ route: Route) -> Problem? {
    if let upload = route.upload {
      guard mediaType(of: request, upload) != nil else {
        return Problems.unsupportedMediaType(upload)
      }
      return request.body.count > upload.bytesMax ? Problems.bodyTooLarge(upload) : nil
    }
    guard request.body.count > 0, let type = request.headerBytes("content-type") else {
      return nil
    }
    return Self.isType(type, "application/json") ? nil : Problems.unsupportedMediaType(nil)
  }

  private func mediaType(of request: HTTPRequest, _ upload: Route.RawBody) -> StaticString? {
    guard let type = request.headerBytes("content-type") else { return nil }
    return upload.types.first { Self.isType(type, $0) }
  }

  /// Whether a Content-Type is this one, without regard to case and parameters.
  static func isType(_ header: UnsafeRawBufferPointer, _ type: StaticString) -> Bool {
    guard header.count >= type.utf8CodeUnitCount else { return false }
    for index in 0..<type.utf8CodeUnitCount where header[index] | 0x20 != type.utf8Start[index] {
      // "/", "-", "+", "." and digits have the bit set already.
      return false
    }
    let rest = header.dropFirst(type.utf8CodeUnitCount).first
    return rest == nil || rest == UInt8(ascii: ";") || rest == UInt8(ascii: " ")
  }

  /// The request's message: path, query and body bound by the route. Throws `RPCError` for what is
  /// malformed (400), breaks a rule (422) or names nothing (404).
  func message(
    _ route: Route, _ request: HTTPRequest, _ captures: RouteCaptures
  ) throws(RPCError) -> [UInt8] {
    defer { arena.reset() }
    let path = request.path
    let values = (0..<captures.count).map { captures.bytes($0, in: path) }
    do {
      if let upload = route.upload, let type = mediaType(of: request, upload) {
        return try transcoder.upload(
          route, upload, body: request.body, type: type, path: values, arena)
      }
      return try transcoder.request(
        route, body: request.body, path: values, query: request.query, arena)
    } catch {
      switch error {
      case .malformed(let field, let message):
        let violation = FieldViolation(field: field, code: "malformed", message: message)
        throw RPCError(
          .invalidArgument, "malformed", message, violations: field.isEmpty ? [] : [violation])
      case .violations(let violations):
        throw RPCError.invalid(violations)
      case .notFound:
        throw Problems.notFound
      }
    }
  }

  /// The answer of a call as its route shows it.
  func response(
    _ route: Route, _ reply: [UInt8], isSecure: Bool
  ) throws -> HTTPResponse {
    defer { arena.reset() }
    var response = HTTPResponse(status: route.status)
    // With those that every answer gets, so that the list does not grow step by step.
    response.headers.reserveCapacity(8)
    if route.auth != .none || route.method != "GET" {
      response.headers.append(("Cache-Control", "private, no-store"))
    }
    if let cookie = route.cookie {
      response.headers.append(("Set-Cookie", header(cookie, route, reply, isSecure)))
    }
    guard route.status != 204 else { return response }
    if let download = route.download {
      fill(&response, download, route, reply)
      return response
    }
    writer.reset()
    try reply.withUnsafeBytes {
      try transcoder.answer(route, $0, arena, into: &writer)
    }
    response.contentType = "application/json"
    response.body = writer.array
    return response
  }

  /// An answer that is one field. Whatever it is, a browser that opens it runs nothing of it.
  private func fill(
    _ response: inout HTTPResponse, _ download: Route.RawBody, _ route: Route, _ reply: [UInt8]
  ) {
    reply.withUnsafeBytes { bytes in
      response.body = transcoder.content(download.field, of: route, bytes).map { Array($0) } ?? []
      response.contentType =
        transcoder.text(download.typeField, of: route, bytes) ?? "application/octet-stream"
    }
    response.headers.append(
      ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"))
  }

  /// `Set-Cookie` (RFC 6265): out of scripts' reach, not sent along from other sites.
  private func header(
    _ cookie: Route.Cookie, _ route: Route, _ reply: [UInt8], _ isSecure: Bool
  ) -> String {
    let attributes = "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    switch cookie.action {
    case .clear: return "\(cookie.name)=; Max-Age=0" + attributes
    case .set(let field, let maxAgeField):
      return reply.withUnsafeBytes { bytes in
        let value = transcoder.text(field, of: route, bytes) ?? ""
        let maxAge = maxAgeField.flatMap { transcoder.integer($0, of: route, bytes) }
        let life = maxAge.map { "; Max-Age=\($0)" } ?? ""
        return "\(cookie.name)=\(value)" + life + attributes
      }
    }
  }
}
