/// `name ":" value`, by offsets (RFC 9112, section 5). Heads and trailers have the same lines.
nonisolated struct FieldLine {
  var nameEnd: Int
  var valueStart: Int
  var valueEnd: Int

  /// The line lies in `start..<end`, which is not empty and is without its CR LF.
  @inline(__always)
  static func parse(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> Result<FieldLine, HTTPParseError> {
    var colon = start
    while colon < end, ByteClass.isToken(base[colon]) { colon &+= 1 }
    guard colon < end, colon > start, base[colon] == UInt8(ascii: ":") else {
      return .failure(ByteClass.isSpace(base[start]) ? .obsoleteFolding : .malformedFieldName)
    }
    var first = colon + 1
    var last = end
    while first < last, ByteClass.isSpace(base[first]) { first &+= 1 }
    while last > first, ByteClass.isSpace(base[last - 1]) { last &-= 1 }
    guard !ByteScan.hasControl(base + first, count: last - first) else {
      return .failure(.malformedFieldValue)
    }
    return .success(FieldLine(nameEnd: colon, valueStart: first, valueEnd: last))
  }
}

nonisolated extension HTTPParser {
  /// Looks into the few fields that frame the request.
  @inline(__always)
  mutating func interpret(
    _ base: UnsafePointer<UInt8>, _ nameStart: Int, _ line: FieldLine
  ) -> HTTPParseError? {
    let name = base + nameStart
    let value = base + line.valueStart
    let count = line.valueEnd - line.valueStart
    switch line.nameEnd - nameStart {
    case 4 where ByteScan.equals(name, count: 4, "host"):
      guard head.host == nil else { return .repeatedHost }
      guard HostSyntax.isValid(value, count: count) else { return .malformedHost }
      head.host = HeadRange(line.valueStart, line.valueEnd)
    case 6 where ByteScan.equals(name, count: 6, "expect"):
      guard ByteScan.equals(value, count: count, "100-continue") else {
        return .unknownExpectation
      }
      head.expectsContinue = true
    case 10 where ByteScan.equals(name, count: 10, "connection"):
      return readConnection(value, count)
    case 14 where ByteScan.equals(name, count: 14, "content-length"):
      guard head.contentLength == nil else { return .repeatedContentLength }
      guard let length = Self.decimal(value, count) else { return .malformedContentLength }
      head.contentLength = length
    case 17 where ByteScan.equals(name, count: 17, "transfer-encoding"):
      guard !head.isChunked, ByteScan.equals(value, count: count, "chunked") else {
        return .malformedTransferEncoding
      }
      head.isChunked = true
    default: break
    }
    return nil
  }

  /// `Connection` is a list of tokens, perhaps over several fields (RFC 9110, section 7.6.1).
  private mutating func readConnection(
    _ value: UnsafePointer<UInt8>, _ count: Int
  ) -> HTTPParseError? {
    var index = 0
    while index < count {
      while index < count, ByteClass.isSpace(value[index]) || value[index] == 0x2C { index += 1 }
      let start = index
      while index < count, ByteClass.isToken(value[index]) { index += 1 }
      let length = index - start
      if ByteScan.equals(value + start, count: length, "close") { connectionCloses = true }
      if ByteScan.equals(value + start, count: length, "keep-alive") {
        connectionKeepsAlive = true
      }
      while index < count, ByteClass.isSpace(value[index]) { index += 1 }
      guard index == count || value[index] == 0x2C else { return .malformedFieldValue }
    }
    return nil
  }

  /// Digits and nothing else, at least one, without overflow.
  private static func decimal(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    guard count > 0 else { return nil }
    var value = 0
    for index in 0..<count {
      guard ByteClass.isDigit(bytes[index]) else { return nil }
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(Int(bytes[index] & 0x0F))
      if tooLarge || overflow { return nil }
      value = sum
    }
    return value
  }
}
