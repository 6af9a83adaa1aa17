import Network

/// A request, as its handler sees it: views of the bytes in the connection's buffer.
///
/// Everything here is valid until the handler has returned; what must live longer is copied out.
/// A request that is kept longer than that is empty: it has no path, no fields and no body.
public final class HTTPRequest {
  public private(set) var head = HTTPHead()
  public let peer: SocketAddress
  /// The request came over TLS.
  public let isSecure: Bool
  /// When its head was whole: monotonic nanoseconds.
  public private(set) var receivedAt: UInt64 = 0
  public private(set) var body = UnsafeRawBufferPointer(start: nil, count: 0)

  private var base: UnsafeRawPointer?
  private var fields = UnsafeBufferPointer<HTTPField>(start: nil, count: 0)

  init(peer: SocketAddress, isSecure: Bool) {
    self.peer = peer
    self.isSecure = isSecure
  }

  public var method: HTTPMethod { head.method }

  /// The path as it was sent, percent-encoded; `/` at least. `*` for `OPTIONS *`.
  public var path: UnsafeRawBufferPointer {
    guard let base else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    guard head.path.count > 0 else {
      let root: StaticString = "/"
      return UnsafeRawBufferPointer(start: root.utf8Start, count: 1)
    }
    return head.path.bytes(in: base)
  }

  /// What follows the question mark, as it was sent.
  public var query: UnsafeRawBufferPointer? {
    guard let base, let query = head.query else { return nil }
    return query.bytes(in: base)
  }

  /// The value of the first field of this name, without regard to case; invalid UTF-8 is repaired.
  public func header(_ name: StaticString) -> String? {
    headerBytes(name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// As `header`, without a copy.
  public func headerBytes(_ name: StaticString) -> UnsafeRawBufferPointer? {
    guard let base else { return nil }
    for field in fields where Self.matches(base, field.name, name) {
      return field.value.bytes(in: base)
    }
    return nil
  }

  /// The values of all fields of this name, in order: for lists such as `X-Forwarded-For`.
  public func headers(_ name: StaticString) -> [String] {
    guard let base else { return [] }
    return fields.compactMap { field in
      guard Self.matches(base, field.name, name) else { return nil }
      return String(decoding: field.value.bytes(in: base), as: UTF8.self)
    }
  }

  /// Calls `body` with the name and the value of each field, in order.
  public func forEachHeader(
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    guard let base else { return }
    for field in fields { body(field.name.bytes(in: base), field.value.bytes(in: base)) }
  }

  /// Tokens have no two characters but letters that differ in this bit alone, save `^` and `~`.
  @inline(__always)
  private static func matches(
    _ base: UnsafeRawPointer, _ range: HeadRange, _ name: StaticString
  ) -> Bool {
    guard Int(range.count) == name.utf8CodeUnitCount else { return false }
    let bytes = (base + Int(range.start)).assumingMemoryBound(to: UInt8.self)
    let wanted = name.utf8Start
    for index in 0..<Int(range.count) where (bytes[index] ^ wanted[index]) & 0xDF != 0 {
      return false
    }
    return true
  }

  // For the connection.

  func begin(
    _ head: HTTPHead, fields: UnsafeBufferPointer<HTTPField>, base: UnsafeRawPointer?,
    now: UInt64
  ) {
    self.head = head
    self.fields = fields
    self.base = base
    receivedAt = now
    body = UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// The request is whole: its head lies at `base`, and its body right behind.
  func complete(at base: UnsafeRawPointer?, bodyBytes: Int) {
    self.base = base
    body = UnsafeRawBufferPointer(start: base.map { $0 + head.bytes }, count: bodyBytes)
  }

  /// The bytes go away.
  func detach() {
    base = nil
    fields = UnsafeBufferPointer(start: nil, count: 0)
    body = UnsafeRawBufferPointer(start: nil, count: 0)
  }
}
