/// A day of the proleptic Gregorian calendar, without a zone.
///
/// Held as days since 1970-01-01, so that arithmetic on dates is arithmetic on numbers.
nonisolated public struct CivilDate: Hashable, Comparable, Sendable {
  /// Days since 1970-01-01; negative before it.
  public var daysSinceEpoch: Int

  public init(daysSinceEpoch: Int) {
    self.daysSinceEpoch = daysSinceEpoch
  }

  /// - Parameters:
  ///   - month: 1 to 12.
  ///   - day: 1 to 31. A day past the month's end runs into the next month.
  public init(year: Int, month: Int, day: Int) {
    // Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil: years start
    // in March, so that the leap day is a year's last.
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    daysSinceEpoch = era * 146_097 + dayOfEra - 719_468
  }

  /// Reads "2026-02-28"; nil for any other shape and for days that are not there.
  public init?(parsing text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = decimal(bytes[0..<4]), let month = decimal(bytes[5..<7]),
      let day = decimal(bytes[8..<10])
    else { return nil }
    guard (1...12).contains(month), day >= 1, day <= CivilDate.days(of: month, in: year) else {
      return nil
    }
    self.init(year: year, month: month, day: day)
  }

  public var components: (year: Int, month: Int, day: Int) {
    let shifted = daysSinceEpoch + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  /// 0 is Sunday, 6 is Saturday.
  public var weekday: Int { floorRemainder(daysSinceEpoch + 4, 7) }

  /// The last such weekday that is not after this day.
  public func startOfWeek(beginningOn weekday: Int) -> CivilDate {
    self - floorRemainder(self.weekday - weekday, 7)
  }

  public static func days(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  public static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  public static func < (left: CivilDate, right: CivilDate) -> Bool {
    left.daysSinceEpoch < right.daysSinceEpoch
  }

  public static func + (date: CivilDate, days: Int) -> CivilDate {
    CivilDate(daysSinceEpoch: date.daysSinceEpoch + days)
  }

  public static func - (date: CivilDate, days: Int) -> CivilDate { date + -days }

  /// Days from the right date to the left one.
  public static func - (left: CivilDate, right: CivilDate) -> Int {
    left.daysSinceEpoch - right.daysSinceEpoch
  }
}

nonisolated extension CivilDate: CustomStringConvertible {
  /// "2026-02-28".
  public var description: String {
    let (year, month, day) = components
    guard (0...9999).contains(year) else { return "\(year)-\(month)-\(day)" }
    return String(unsafeUninitializedCapacity: 10) { text in
      func write(_ number: Int, at offset: Int, digits: Int) {
        var rest = number
        for place in stride(from: offset + digits - 1, through: offset, by: -1) {
          text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
      }
      write(year, at: 0, digits: 4)
      write(month, at: 5, digits: 2)
      write(day, at: 8, digits: 2)
      text[4] = UInt8(ascii: "-")
      text[7] = UInt8(ascii: "-")
      return 10
    }
  }
}

nonisolated func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
  var value = 0
  for digit in digits {
    guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
    value = value * 10 + Int(digit - UInt8(ascii: "0"))
  }
  return value
}
