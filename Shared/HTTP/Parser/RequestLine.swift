import Glibc

nonisolated extension HTTPParser {
  /// `method SP request-target SP HTTP-version`, and not a space more (RFC 9112, section 3).
  mutating func parseRequestLine(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> HTTPParseError? {
    var index = start
    while index < end, ByteClass.isToken(base[index]) { index &+= 1 }
    guard index > start, index < end, base[index] == 0x20, index - start <= methodBytesMax
    else { return .malformedRequestLine }
    let method = MethodToken(base + start, count: index - start)

    let targetStart = index + 1
    index = targetStart
    while index < end, ByteClass.isTarget(base[index]) { index &+= 1 }
    guard index < end, index > targetStart else { return .malformedRequestLine }
    guard base[index] == 0x20 else { return .malformedTarget }
    guard index - targetStart <= limits.targetBytesMax else { return .targetTooLong }
    head.target = HeadRange(targetStart, index)

    if let error = parseVersion(base, index + 1, end) { return error }
    switch method {
    case .known(let method): head.method = method
    case .forbidden: return .forbiddenMethod
    case .unknown: return .unknownMethod
    }
    return parseTarget(base, targetStart, index)
  }

  private mutating func parseVersion(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> HTTPParseError? {
    let version = base + start
    guard end - start == 8, memcmp(version, "HTTP/", 5) == 0, ByteClass.isDigit(version[5]),
      version[6] == UInt8(ascii: "."), ByteClass.isDigit(version[7])
    else { return .malformedRequestLine }
    let minor = version[7] - UInt8(ascii: "0")
    guard version[5] == UInt8(ascii: "1"), minor <= 1 else { return .unsupportedVersion }
    head.minorVersion = minor
    return nil
  }

  private mutating func parseTarget(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> HTTPParseError? {
    var pathStart = start
    if base[start] != UInt8(ascii: "/") {
      if end - start == 1, base[start] == UInt8(ascii: "*") {
        head.path = HeadRange(start, end)
        return head.method == .options ? nil : .malformedTarget
      }
      guard let authorityEnd = parseAuthority(base, start, end) else { return .malformedTarget }
      pathStart = authorityEnd
    }
    if let mark = memchr(base + pathStart, 0x3F, end - pathStart) {
      let offset = mark - UnsafeMutableRawPointer(mutating: base)
      head.path = HeadRange(pathStart, offset)
      head.query = HeadRange(offset + 1, end)
    } else {
      head.path = HeadRange(pathStart, end)
    }
    return nil
  }

  /// The absolute form, `http://authority/path`, which every server must take. Its end, or nil.
  private mutating func parseAuthority(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> Int? {
    let scheme: Int
    if end - start > 7, ByteScan.equals(base + start, count: 7, "http://") {
      scheme = 7
    } else if end - start > 8, ByteScan.equals(base + start, count: 8, "https://") {
      scheme = 8
    } else {
      return nil
    }
    var index = start + scheme
    while index < end, base[index] != UInt8(ascii: "/"), base[index] != UInt8(ascii: "?") {
      index += 1
    }
    guard HostSyntax.isValid(base + start + scheme, count: index - start - scheme) else {
      return nil
    }
    head.authority = HeadRange(start + scheme, index)
    return index
  }
}
