/// Points in time and days as they are written: RFC 3339, in UTC, with milliseconds.
public nonisolated enum Timestamp {
  /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z: what four digits of a year can say.
  public static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

  /// `2026-02-28T09:30:00.000Z` of milliseconds since the epoch; what lies outside of the range is
  /// moved to its border.
  public static func text(milliseconds: Int64) -> String {
    String(unsafeUninitializedCapacity: 24) { buffer in
      write(milliseconds, to: buffer.baseAddress!)
      return 24
    }
  }

  /// nil: it is no RFC 3339 time. Any offset is taken; digits past the milliseconds are dropped.
  public static func milliseconds(_ text: String) -> Int64? {
    var text = text
    return text.withUTF8 { milliseconds(UnsafeRawBufferPointer($0)) }
  }

  /// `2026-02-28`, of a day that exists.
  public static func isDate(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { $0.count == 10 && day(UnsafeRawBufferPointer($0)) != nil }
  }

  /// 24 bytes.
  static func write(_ milliseconds: Int64, to out: UnsafeMutablePointer<UInt8>) {
    let milliseconds = min(max(milliseconds, range.lowerBound), range.upperBound)
    // Floored, so that times before the epoch come out right.
    let days = (milliseconds - (milliseconds < 0 ? 86_399_999 : 0)) / 86_400_000
    var rest = milliseconds - days * 86_400_000
    let (year, month, day) = civil(days)
    let fraction = rest % 1000
    rest /= 1000
    put(year, 4, out)
    out[4] = 0x2d
    put(month, 2, out + 5)
    out[7] = 0x2d
    put(day, 2, out + 8)
    out[10] = 0x54
    put(rest / 3600, 2, out + 11)
    out[13] = 0x3a
    put(rest / 60 % 60, 2, out + 14)
    out[16] = 0x3a
    put(rest % 60, 2, out + 17)
    out[19] = 0x2e
    put(fraction, 3, out + 20)
    out[23] = 0x5a
  }

  private static func put(_ value: Int64, _ digits: Int, _ out: UnsafeMutablePointer<UInt8>) {
    var value = value
    for index in stride(from: digits - 1, through: 0, by: -1) {
      out[index] = UInt8(0x30 + value % 10)
      value /= 10
    }
  }

  static func milliseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count >= 20, let days = day(text),
      text[10] == 0x54 || text[10] == 0x74 || text[10] == 0x20,
      let hour = number(text, 11, 2), hour < 24, text[13] == 0x3a,
      let minute = number(text, 14, 2), minute < 60, text[16] == 0x3a,
      // A leap second counts as the next one's start.
      let second = number(text, 17, 2), second <= 60
    else { return nil }
    var index = 19
    var fraction: Int64 = 0
    if text[index] == 0x2e {
      index += 1
      let first = index
      while index < text.count, (0x30...0x39).contains(text[index]) {
        if index - first < 3 { fraction = fraction * 10 + Int64(text[index] - 0x30) }
        index += 1
      }
      if index == first { return nil }
      for _ in min(3, index - first)..<3 { fraction *= 10 }
    }
    guard let offset = offset(text, index) else { return nil }
    let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
    let result = seconds * 1000 + fraction
    return range.contains(result) ? result : nil
  }

  /// Seconds east of UTC.
  private static func offset(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int64? {
    guard index < text.count else { return nil }
    switch text[index] {
    case 0x5a, 0x7a: return index + 1 == text.count ? 0 : nil
    case 0x2b, 0x2d:
      guard text.count == index + 6, text[index + 3] == 0x3a,
        let hours = number(text, index + 1, 2), hours < 24,
        let minutes = number(text, index + 4, 2), minutes < 60
      else { return nil }
      let seconds = hours * 3600 + minutes * 60
      return text[index] == 0x2b ? seconds : -seconds
    default: return nil
    }
  }

  /// Days since the epoch of the date that the text begins with.
  static func day(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count >= 10, let year = number(text, 0, 4), year >= 1, text[4] == 0x2d,
      let month = number(text, 5, 2), (1...12).contains(month), text[7] == 0x2d,
      let day = number(text, 8, 2), day >= 1, day <= days(in: month, of: year)
    else { return nil }
    return days(year, month, day)
  }

  private static func number(_ text: UnsafeRawBufferPointer, _ index: Int, _ digits: Int) -> Int64?
  {
    var value: Int64 = 0
    for offset in index..<index + digits {
      let byte = text[offset]
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    return value
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since the epoch of a date in the proleptic Gregorian calendar, by eras of 400 years that
  /// begin in March (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9)
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}
