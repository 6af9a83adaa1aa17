import Glibc

/// Parses the head of a request where it lies (RFC 9112), strictly and without I/O.
///
/// Feed it everything that has arrived since the first byte of the request, each time more has. It
/// looks at every byte twice at most, however small the pieces are, and allocates nothing: fields
/// are offsets in a table that the next request uses again.
///
/// It refuses whatever two readers could understand differently, since that is how requests are
/// smuggled past one of them: see `HTTPParseError` for the whole list.
nonisolated public struct HTTPParser: ~Copyable {
  public enum Step {
    /// The head is not whole yet.
    case needMore
    /// The head is whole; its body begins at `head.bytes`.
    case head(HTTPHead)
    /// The request is refused; nothing after it can be trusted.
    case failure(HTTPParseError)
  }

  let limits: HTTPLimits
  private let table: UnsafeMutablePointer<HTTPField>
  var head = HTTPHead()
  private var hasRequestLine = false
  private var lineStart = 0
  private var searched = 0
  var connectionCloses = false
  var connectionKeepsAlive = false

  public init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
    table = .allocate(capacity: limits.fieldCountMax)
  }

  deinit { table.deallocate() }

  /// The fields of the last head. Valid until the next head is parsed.
  public var fields: UnsafeBufferPointer<HTTPField> {
    UnsafeBufferPointer(start: table, count: head.fieldCount)
  }

  /// True when a part of a head has been seen.
  public var isInsideHead: Bool { searched > 0 }

  /// Parses on. After `.head` the next call begins the next request.
  public mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Step {
    guard let start = bytes.baseAddress else { return .needMore }
    let base = start.assumingMemoryBound(to: UInt8.self)
    if searched == 0 { begin() }
    let end = min(bytes.count, limits.headBytesMax)
    while let lineFeed = firstLineFeed(base, end) {
      let lineEnd = lineFeed - 1
      let isEnded = lineFeed > lineStart && base[lineEnd] == UInt8(ascii: "\r")
      let contentEnd = isEnded ? lineEnd : lineFeed
      // First of all, so that the reason is the same in whatever pieces the line has come.
      if !hasRequestLine, contentEnd > lineStart,
        !couldBeRequestLine(base, lineStart, contentEnd)
      {
        return .failure(.malformedRequestLine)
      }
      guard isEnded else { return .failure(.bareLineFeed) }
      let isEmpty = lineEnd == lineStart
      if let error = take(base, lineEnd, isEmpty: isEmpty) { return .failure(error) }
      lineStart = lineFeed + 1
      searched = lineStart
      if isEmpty && hasRequestLine { return finish(base) }
    }
    searched = end
    return waits(base, end)
  }

  private mutating func begin() {
    head = HTTPHead()
    hasRequestLine = false
    lineStart = 0
    connectionCloses = false
    connectionKeepsAlive = false
  }

  @inline(__always)
  private func firstLineFeed(_ base: UnsafePointer<UInt8>, _ end: Int) -> Int? {
    guard searched < end, let found = memchr(base + searched, 0x0A, end - searched) else {
      return nil
    }
    return found - UnsafeMutableRawPointer(mutating: base)
  }

  private mutating func take(
    _ base: UnsafePointer<UInt8>, _ lineEnd: Int, isEmpty: Bool
  ) -> HTTPParseError? {
    if hasRequestLine { return isEmpty ? nil : takeField(base, lineEnd) }
    // RFC 9112, section 2.2: one empty line before a request is a mistake of old clients.
    if isEmpty { return lineStart == 0 ? nil : .malformedRequestLine }
    hasRequestLine = true
    return parseRequestLine(base, lineStart, lineEnd)
  }

  private mutating func takeField(
    _ base: UnsafePointer<UInt8>, _ lineEnd: Int
  ) -> HTTPParseError? {
    guard head.fieldCount < limits.fieldCountMax else { return .tooManyFields }
    let line: FieldLine
    switch FieldLine.parse(base, lineStart, lineEnd) {
    case .success(let parsed): line = parsed
    case .failure(let error): return error
    }
    table[head.fieldCount] = HTTPField(
      name: HeadRange(lineStart, line.nameEnd),
      value: HeadRange(line.valueStart, line.valueEnd))
    head.fieldCount += 1
    return interpret(base, lineStart, line)
  }

  /// The head is not whole: is what has come still within bounds, and can it become one?
  private func waits(_ base: UnsafePointer<UInt8>, _ end: Int) -> Step {
    if !hasRequestLine, end > lineStart {
      if !couldBeRequestLine(base, lineStart, end) { return .failure(.malformedRequestLine) }
      if end - lineStart > limits.targetBytesMax + 64 { return .failure(.targetTooLong) }
    }
    return end == limits.headBytesMax ? .failure(.headTooLarge) : .needMore
  }

  /// Bytes that can begin no request line (a TLS client's, say) are refused without waiting.
  private func couldBeRequestLine(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> Bool {
    for index in start..<min(end, start + methodBytesMax + 1) {
      if base[index] == 0x20 { return index > start }
      if !ByteClass.isToken(base[index]) {
        return index == start && base[index] == UInt8(ascii: "\r") && end == start + 1
          && start == 0
      }
    }
    return end - start <= methodBytesMax
  }

  private mutating func finish(_ base: UnsafePointer<UInt8>) -> Step {
    head.bytes = lineStart
    searched = 0
    if let error = checkFraming() ?? checkHost(base) { return .failure(error) }
    head.keepsAlive =
      !connectionCloses && (head.minorVersion == 1 || connectionKeepsAlive)
    if head.minorVersion == 0 || !head.hasBody { head.expectsContinue = false }
    return .head(head)
  }

  private func checkFraming() -> HTTPParseError? {
    guard head.isChunked else { return nil }
    if head.minorVersion == 0 { return .transferEncodingInOldVersion }
    return head.contentLength == nil ? nil : .lengthBesideTransferEncoding
  }

  private func checkHost(_ base: UnsafePointer<UInt8>) -> HTTPParseError? {
    guard let host = head.host else { return head.minorVersion == 1 ? .missingHost : nil }
    guard let authority = head.authority else { return nil }
    // RFC 9112, section 3.2.2 lets the target win; clients must send both alike, so we insist.
    let same = strncasecmp(
      UnsafeRawPointer(base + Int(host.start)).assumingMemoryBound(to: CChar.self),
      UnsafeRawPointer(base + Int(authority.start)).assumingMemoryBound(to: CChar.self),
      Int(host.count))
    return host.count == authority.count && same == 0 ? nil : .malformedHost
  }
}

/// No method that anybody uses is longer.
nonisolated let methodBytesMax = 32
