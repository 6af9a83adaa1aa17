import Glibc

/// The time as RFC 3339 in UTC with milliseconds. Keeps the text of the current second.
nonisolated struct LogTime {
  private var second = Int.min
  private var prefix: [UInt8] = []

  /// Appends the time of the system's clock.
  mutating func appendNow(to bytes: inout [UInt8]) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    append(second: Int(now.tv_sec), milliseconds: Int(now.tv_nsec) / 1_000_000, to: &bytes)
  }

  /// Appends the time `second` seconds and `milliseconds` (0 to 999) after the Unix epoch.
  mutating func append(second: Int, milliseconds: Int, to bytes: inout [UInt8]) {
    if second != self.second {
      self.second = second
      prefix = LogTime.prefix(of: second)
    }
    bytes += prefix
    LogTime.append(milliseconds, digits: 3, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  private static func prefix(of second: Int) -> [UInt8] {
    var calendar = tm()
    var time = time_t(second)
    gmtime_r(&time, &calendar)
    var text: [UInt8] = []
    text.reserveCapacity(20)
    let parts: [(value: Int32, digits: Int, after: StaticString)] = [
      (calendar.tm_year + 1900, 4, "-"), (calendar.tm_mon + 1, 2, "-"), (calendar.tm_mday, 2, "T"),
      (calendar.tm_hour, 2, ":"), (calendar.tm_min, 2, ":"), (calendar.tm_sec, 2, "."),
    ]
    for part in parts {
      append(Int(part.value), digits: part.digits, to: &text)
      text.append(part.after.utf8Start.pointee)
    }
    return text
  }

  private static func append(_ value: Int, digits: Int, to bytes: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }
}
