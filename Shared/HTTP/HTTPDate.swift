import Glibc

/// `Sun, 06 Nov 1994 08:49:37 GMT`: the date of HTTP (RFC 9110, section 5.6.7).
nonisolated public enum HTTPDate {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The date of so many seconds after the epoch.
  public static func format(secondsSinceEpoch seconds: Int) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    let day = days[Int(parts.tm_wday)]
    let month = months[Int(parts.tm_mon)]
    let year = Int(parts.tm_year) + 1900
    let clock =
      "\(twoDigits(parts.tm_hour)):\(twoDigits(parts.tm_min)):\(twoDigits(parts.tm_sec))"
    return "\(day), \(twoDigits(parts.tm_mday)) \(month) \(year) \(clock) GMT"
  }

  private static func twoDigits(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
