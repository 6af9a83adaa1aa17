/// Writes one log line as a JSON object. Whatever the strings hold, the line is one line of valid
/// JSON and moves no terminal: control characters are escaped, C1 included.
nonisolated struct LogEncoder {
  /// A longer string is cut there, at a character's border, and ends in `…`.
  static let stringBytesMax = 4096

  private(set) var bytes: [UInt8] = []

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  mutating func removeFirst(_ count: Int) { bytes.removeFirst(count) }

  mutating func line(
    time: inout LogTime, level: LogLevel, origin: [UInt8], message: String, fields: LogFields,
    _ more: LogFields
  ) {
    raw("{\"time\":\"")
    time.appendNow(to: &bytes)
    raw("\",\"level\":\"")
    switch level {
    case .debug: raw("debug")
    case .info: raw("info")
    case .warning: raw("warning")
    case .error: raw("error")
    }
    raw("\"")
    bytes += origin
    raw(",\"message\":")
    string(message)
    for item in fields.items { field(item.name, item.value) }
    for item in more.items { field(item.name, item.value) }
    raw("}\n")
  }

  /// `,"service":"auth","pid":17`: the part that is the same in every line.
  static func origin(service: String, process: Int32) -> [UInt8] {
    var encoder = LogEncoder()
    encoder.raw(",\"service\":")
    encoder.string(service)
    encoder.raw(",\"pid\":")
    encoder.integer(Int(process))
    return encoder.bytes
  }

  private mutating func field(_ name: StaticString, _ value: LogValue) {
    raw(",\"")
    raw(name)
    if case .duration = value { raw("_ms") }
    raw("\":")
    switch value {
    case .string(let text): string(text)
    case .int(let number): integer(number)
    case .double(let number): double(number)
    case .bool(let flag): raw(flag ? "true" : "false")
    case .duration(let duration): milliseconds(duration)
    case .failure(_, let text): string(text)
    }
  }

  private mutating func raw(_ text: StaticString) {
    bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  private mutating func integer(_ number: Int) { bytes += String(number).utf8 }

  /// JSON has no infinities: they and NaN are written as strings.
  private mutating func double(_ number: Double) {
    guard number.isFinite else { return string(String(describing: number)) }
    bytes += number.description.utf8
  }

  /// With three decimals: microseconds are what one wants to see.
  private mutating func milliseconds(_ duration: Duration) {
    let parts = duration.components
    let (seconds, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return raw("null") }
    let micros = seconds &+ parts.attoseconds / 1_000_000_000_000
    if micros < 0 { raw("-") }
    let magnitude = Int(clamping: micros.magnitude)
    integer(magnitude / 1000)
    let fraction = magnitude % 1000
    guard fraction != 0 else { return }
    raw(fraction < 10 ? ".00" : fraction < 100 ? ".0" : ".")
    integer(fraction)
  }

  private mutating func string(_ text: String) {
    raw("\"")
    var text = text
    text.withUTF8 { whole in
      let cut = LogEncoder.cut(whole)
      let used = UnsafeBufferPointer(rebasing: whole[..<cut])
      if used.contains(where: LogEncoder.isSpecial) { escape(used) } else { bytes += used }
      if cut < whole.count { bytes += "…".utf8 }
    }
    raw("\"")
  }

  private static func cut(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    guard text.count > stringBytesMax else { return text.count }
    var end = stringBytesMax
    while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  /// 0xC2 begins the C1 control characters, among others.
  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F || byte == 0xC2
  }

  private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
    var index = 0
    while index < text.count {
      let byte = text[index]
      index += 1
      switch byte {
      case 0x22: raw("\\\"")
      case 0x5C: raw("\\\\")
      case 0x0A: raw("\\n")
      case 0x0D: raw("\\r")
      case 0x09: raw("\\t")
      case 0..<0x20, 0x7F: unicode(byte)
      case 0xC2 where index < text.count && text[index] < 0xA0:
        unicode(text[index])
        index += 1
      default: bytes.append(byte)
      }
    }
  }

  private mutating func unicode(_ byte: UInt8) {
    raw("\\u00")
    let digits: StaticString = "0123456789abcdef"
    bytes.append(digits.utf8Start[Int(byte >> 4)])
    bytes.append(digits.utf8Start[Int(byte & 15)])
  }
}
