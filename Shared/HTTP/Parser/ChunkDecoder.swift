import Glibc

/// Takes a chunked body apart (RFC 9112, section 7.1), strictly and without I/O.
///
/// Feed it what has arrived; it says how many bytes it has used up and which of them are content.
nonisolated public struct ChunkDecoder {
  public enum Step {
    /// `consumed` bytes are used up; more must arrive.
    case needMore(consumed: Int)
    /// `content` lies in what was fed; `consumed` is its end.
    case content(Range<Int>, consumed: Int)
    /// The body and its trailer are whole. Trailer fields are checked and dropped.
    case end(consumed: Int)
    case failure(HTTPParseError)
  }

  private enum State {
    case size
    case content(left: Int)
    case contentEnd
    case trailer
  }

  private let limits: HTTPLimits
  private let bodyBytesMax: Int
  private var state = State.size
  private var bodyBytes = 0
  private var extensionBytes = 0
  private var trailerBytes = 0
  private var trailerFields = 0

  /// A body of more than `bodyBytesMax` is refused as soon as a chunk announces it.
  public init(limits: HTTPLimits, bodyBytesMax: Int) {
    self.limits = limits
    self.bodyBytesMax = bodyBytesMax
  }

  /// Decodes on, from the first byte that no earlier step has consumed.
  public mutating func decode(_ bytes: UnsafeRawBufferPointer) -> Step {
    guard let start = bytes.baseAddress else { return .needMore(consumed: 0) }
    let base = start.assumingMemoryBound(to: UInt8.self)
    var index = 0
    while index < bytes.count {
      switch state {
      case .content(let left):
        let count = min(left, bytes.count - index)
        state = count == left ? .contentEnd : .content(left: left - count)
        return .content(index..<(index + count), consumed: index + count)
      case .contentEnd:
        guard base[index] == UInt8(ascii: "\r") else { return .failure(.malformedChunkEnd) }
        guard index + 1 < bytes.count else { return .needMore(consumed: index) }
        guard base[index + 1] == UInt8(ascii: "\n") else { return .failure(.malformedChunkEnd) }
        index += 2
        state = .size
      case .size, .trailer:
        let isTrailer = if case .trailer = state { true } else { false }
        let room = isTrailer ? limits.headBytesMax - trailerBytes : limits.chunkLineBytesMax
        let searched = min(room, bytes.count - index)
        guard let found = memchr(base + index, 0x0A, searched) else {
          return searched == room
            ? .failure(isTrailer ? .headTooLarge : .malformedChunkSize)
            : waits(base + index, searched, isTrailer, consumed: index)
        }
        let end = found - UnsafeMutableRawPointer(mutating: base)
        let step = isTrailer ? takeTrailer(base, index, end) : takeSize(base, index, end)
        if let step { return step }
        index = end + 1
      }
    }
    return .needMore(consumed: index)
  }

  /// Half a size line that cannot become one is refused without waiting.
  private func waits(
    _ line: UnsafePointer<UInt8>, _ count: Int, _ isTrailer: Bool, consumed: Int
  ) -> Step {
    if !isTrailer, count > 0, ByteClass.hexadecimal(line[0]) == nil {
      return .failure(.malformedChunkSize)
    }
    return .needMore(consumed: consumed)
  }

  /// At most 15 digits, so that no sum overflows; no sign, no prefix, no space around them.
  private mutating func takeSize(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ lineFeed: Int
  ) -> Step? {
    guard ByteClass.hexadecimal(base[start]) != nil else { return .failure(.malformedChunkSize) }
    let end = lineFeed - 1
    guard base[end] == UInt8(ascii: "\r") else { return .failure(.bareLineFeed) }
    var index = start
    var size = 0
    while index < end, let digit = ByteClass.hexadecimal(base[index]) {
      size = size << 4 | digit
      index += 1
      guard index - start <= 15 else { return .failure(.malformedChunkSize) }
    }
    if index < end {
      guard base[index] == UInt8(ascii: ";") else { return .failure(.malformedChunkSize) }
      extensionBytes += end - index
      guard extensionBytes <= limits.chunkExtensionBytesMax,
        ChunkExtension.isValid(base + index, count: end - index)
      else { return .failure(.malformedChunkExtension) }
    }
    guard size <= bodyBytesMax - bodyBytes else { return .failure(.bodyTooLarge) }
    bodyBytes += size
    state = size == 0 ? .trailer : .content(left: size)
    return nil
  }

  private mutating func takeTrailer(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ lineFeed: Int
  ) -> Step? {
    let end = lineFeed - 1
    guard end >= start, base[end] == UInt8(ascii: "\r") else { return .failure(.bareLineFeed) }
    if end == start { return .end(consumed: lineFeed + 1) }
    trailerBytes += lineFeed + 1 - start
    trailerFields += 1
    guard trailerFields <= limits.fieldCountMax else { return .failure(.tooManyFields) }
    switch FieldLine.parse(base, start, end) {
    case .failure(let error): return .failure(error)
    case .success(let line):
      return Self.isFraming(base + start, line.nameEnd - start)
        ? .failure(.forbiddenTrailer) : nil
    }
  }

  /// What would frame or route a request has no place behind it (RFC 9110, section 6.5.1).
  private static func isFraming(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    ByteScan.equals(name, count: count, "content-length")
      || ByteScan.equals(name, count: count, "transfer-encoding")
      || ByteScan.equals(name, count: count, "host")
  }
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )` (RFC 9112, section 7.1.1), read to be dropped.
nonisolated enum ChunkExtension {
  static func isValid(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
    var index = 0
    while index < count {
      guard bytes[index] == UInt8(ascii: ";"), skipToken(bytes, count, from: &index, after: 1)
      else { return false }
      guard index < count, bytes[index] == UInt8(ascii: "=") else { continue }
      if index + 1 < count, bytes[index + 1] == UInt8(ascii: "\"") {
        guard skipQuoted(bytes, count, from: &index) else { return false }
      } else {
        guard skipToken(bytes, count, from: &index, after: 1) else { return false }
      }
    }
    return true
  }

  private static func skipToken(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, from index: inout Int, after skipped: Int
  ) -> Bool {
    index += skipped
    let start = index
    while index < count, ByteClass.isToken(bytes[index]) { index += 1 }
    return index > start
  }

  private static func skipQuoted(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, from index: inout Int
  ) -> Bool {
    index += 2
    while index < count, bytes[index] != UInt8(ascii: "\"") {
      if bytes[index] == UInt8(ascii: "\\") { index += 1 }
      guard index < count, !ByteClass.isControl(bytes[index]) else { return false }
      index += 1
    }
    index += 1
    return index <= count
  }
}
