/// Where a request stands in its trace: W3C Trace Context, version 00.
/// <https://www.w3.org/TR/trace-context/>
public nonisolated struct Trace: Hashable, Sendable {
  /// 16 bytes, never all zero.
  public let traceHigh: UInt64
  public let traceLow: UInt64
  /// The span that asks, never zero.
  public let span: UInt64
  /// Bit 0: somebody records this trace.
  public let flags: UInt8

  public var isSampled: Bool { flags & 1 == 1 }

  /// The beginning of a new trace.
  public init(sampled: Bool = false) {
    traceHigh = Identifiers.next()
    traceLow = Identifiers.next()
    span = Identifiers.next()
    flags = sampled ? 1 : 0
  }

  private init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
    self.traceHigh = traceHigh
    self.traceLow = traceLow
    self.span = span
    self.flags = flags
  }

  /// `00-<32 hex>-<16 hex>-<2 hex>`, lower case; of later versions the known part. `nil` for anything
  /// else: begin a new trace then.
  public init?(parsing text: String) {
    let bytes = Array(text.utf8.prefix(256))
    let dash = UInt8(ascii: "-")
    guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
      let version = Trace.hex(bytes[0..<2]), version != 255,
      bytes.count == 55 || (version > 0 && bytes[55] == dash),
      let high = Trace.hex(bytes[3..<19]), let low = Trace.hex(bytes[19..<35]), high | low != 0,
      let span = Trace.hex(bytes[36..<52]), span != 0,
      let flags = Trace.hex(bytes[53..<55])
    else { return nil }
    // Of the flags only `sampled` is defined, and only that may be passed on.
    self.init(traceHigh: high, traceLow: low, span: span, flags: UInt8(flags) & 1)
  }

  /// The same trace with a span of its own: what a process passes on.
  public func child() -> Trace {
    Trace(traceHigh: traceHigh, traceLow: traceLow, span: Identifiers.next(), flags: flags)
  }

  /// The same place in the trace, with the word on whether it is recorded changed.
  public func sampled(_ isSampled: Bool) -> Trace {
    Trace(traceHigh: traceHigh, traceLow: traceLow, span: span, flags: isSampled ? 1 : 0)
  }

  /// The value of the header `traceparent`.
  public var text: String {
    String(unsafeUninitializedCapacity: 55) { buffer in
      for (index, byte) in "00-".utf8.enumerated() { buffer[index] = byte }
      Hexadecimal.write(traceHigh, digits: 16, to: buffer, at: 3)
      Hexadecimal.write(traceLow, digits: 16, to: buffer, at: 19)
      buffer[35] = UInt8(ascii: "-")
      Hexadecimal.write(span, digits: 16, to: buffer, at: 36)
      buffer[52] = UInt8(ascii: "-")
      Hexadecimal.write(UInt64(flags), digits: 2, to: buffer, at: 53)
      return 55
    }
  }

  /// 32 hex digits, for log lines.
  public var traceID: String { Hexadecimal.text(traceHigh, traceLow) }

  /// 16 hex digits.
  public var spanID: String { String(text.dropFirst(36).prefix(16)) }

  private static func hex(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case 0x30...0x39: value = value << 4 | UInt64(digit - 0x30)
      case 0x61...0x66: value = value << 4 | UInt64(digit - 0x61 + 10)
      default: return nil
      }
    }
    return value
  }
}
