/// A stretch of a request's head, counted from its first byte. Heads are shorter than 64 KiB.
nonisolated public struct HeadRange: Sendable, Equatable {
  public var start: UInt16
  public var count: UInt16

  @inline(__always)
  init(_ start: Int, _ end: Int) {
    self.start = UInt16(truncatingIfNeeded: start)
    self.count = UInt16(truncatingIfNeeded: end &- start)
  }

  /// The bytes of the stretch in the head that begins at `head`.
  @inline(__always)
  public func bytes(in head: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: head + Int(start), count: Int(count))
  }
}

/// A header field: its name as it was sent, its value without the white space around it.
nonisolated public struct HTTPField: Sendable {
  public var name: HeadRange
  public var value: HeadRange
}

/// What the head of a request says. The fields lie beside it, in `HTTPParser.fields`.
nonisolated public struct HTTPHead: Sendable {
  public internal(set) var method = HTTPMethod.get
  /// 1 for HTTP/1.1, 0 for HTTP/1.0.
  public internal(set) var minorVersion: UInt8 = 1
  /// The target as it was sent: origin form, absolute form, or `*` (`OPTIONS` only).
  public internal(set) var target = HeadRange(0, 0)
  /// The target's path, percent-encoded as it was sent. Empty where an absolute target has none.
  public internal(set) var path = HeadRange(0, 0)
  /// What follows the target's first question mark.
  public internal(set) var query: HeadRange?
  public internal(set) var host: HeadRange?
  public internal(set) var fieldCount = 0
  /// The announced length of the body; nil where none was announced.
  public internal(set) var contentLength: Int?
  /// The body comes in chunks.
  public internal(set) var isChunked = false
  /// The client may send its next request on this connection.
  public internal(set) var keepsAlive = true
  /// The client waits for `100 Continue` before it sends the body.
  public internal(set) var expectsContinue = false
  /// Bytes from the first one of the request to the first one of its body.
  public internal(set) var bytes = 0
  /// The authority of an absolute target.
  var authority: HeadRange?

  public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
}
