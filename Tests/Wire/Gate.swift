import Samples
import Wire

/// The samples' transcoder, as the gateway uses it: one arena, reset before each request.
final class Gate {
  static let shared = Gate()

  private let arena = Arena(first: 4096)

  func route(_ pattern: String) -> Route {
    Routes.all.first { $0.pattern == pattern }!
  }

  func request(
    _ pattern: String, _ body: String = "", path: [String] = [], query: String? = nil
  ) throws(RequestFailure) -> [UInt8] {
    try request(pattern, bytes: Array(body.utf8), path: path, query: query)
  }

  func request(
    _ pattern: String, bytes: [UInt8], path: [String] = [], query: String? = nil
  ) throws(RequestFailure) -> [UInt8] {
    arena.reset()
    let values = path.map { UnsafeRawBufferPointer.copying($0) }
    let query = query.map { UnsafeRawBufferPointer.copying($0) }
    defer {
      for value in values { value.deallocate() }
      query?.deallocate()
    }
    let body = UnsafeRawBufferPointer.copying(bytes)
    defer { body.deallocate() }
    return try Schemas.transcoder.request(
      route(pattern), body: body, path: values, query: query, arena)
  }

  /// What a request fails with; nil: it does not.
  func failure(
    _ pattern: String, _ body: String = "", path: [String] = [], query: String? = nil
  ) -> RequestFailure? {
    do throws(RequestFailure) {
      _ = try request(pattern, body, path: path, query: query)
      return nil
    } catch {
      return error
    }
  }

  /// Field and code of each violation, `name required`.
  func violations(
    _ pattern: String, _ body: String = "", path: [String] = [], query: String? = nil
  ) -> [String] {
    guard case .violations(let list) = failure(pattern, body, path: path, query: query) else {
      return []
    }
    return list.map { "\($0.field) \($0.code)" }
  }

  /// The field and the message of what is malformed.
  func malformed(
    _ pattern: String, _ body: String = "", path: [String] = [], query: String? = nil
  ) -> (field: String, message: String)? {
    guard
      case .malformed(let field, let message) = failure(
        pattern, body, path: path, query: query)
    else { return nil }
    return (field, message)
  }

  func answer(_ pattern: String, _ bytes: [UInt8]) throws(WireError) -> String {
    arena.reset()
    var writer = JSONWriter()
    let body = UnsafeRawBufferPointer.copying(bytes)
    defer { body.deallocate() }
    try Schemas.transcoder.answer(route(pattern), body, arena, into: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension UnsafeRawBufferPointer {
  /// Exactly as large as the content, so that the sanitizer sees every step beyond it.
  static func copying(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    copy.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(copy)
  }

  static func copying(_ text: String) -> UnsafeRawBufferPointer { copying(Array(text.utf8)) }
}
