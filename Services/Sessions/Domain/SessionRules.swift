import Wire

/// The rules that times and lengths of completed sessions keep.
nonisolated enum SessionRules {
  /// A session holds more than nothing and at most a day.
  static let durationSecondsMax = 86_400
  /// A client's clock may be fast by this much: what is later by less, is taken as now.
  static let clockSlackMilliseconds: Int64 = 10_000
  /// 2000-01-01: what is earlier is a mistake, not a memory.
  static let earliestMilliseconds: Int64 = 946_684_800_000

  /// Fields that break a rule.
  struct Broken: Error, Hashable {
    var violations: [FieldViolation]

    init(_ field: String, _ code: String, _ message: String) {
      violations = [FieldViolation(field: field, code: code, message: message)]
    }
  }

  /// The length that a request gives, in whole seconds; nil where it gives none.
  ///
  /// Rounded to the nearest second, and one second at the least: a session of more than nothing
  /// does not count as nothing.
  static func duration(minutes: Double?, seconds: Double?) throws(Broken) -> Int? {
    let fromMinutes = try minutes.map { value throws(Broken) in
      try wholeSeconds(value * 60, of: "duration_minutes")
    }
    let fromSeconds = try seconds.map { value throws(Broken) in
      try wholeSeconds(value, of: "duration_seconds")
    }
    if let fromMinutes, let fromSeconds, fromMinutes != fromSeconds {
      throw Broken("duration_seconds", "ambiguous", "differs from duration_minutes")
    }
    return fromMinutes ?? fromSeconds
  }

  /// The stretch of time of a completed session.
  static func interval(
    durationSeconds: Int, completedAt: Int64?, now: Int64
  ) throws(Broken) -> Interval {
    let end = try self.end(completedAt ?? now, now: now)
    let start = end - Int64(durationSeconds) * 1000
    guard start >= earliestMilliseconds else { throw tooEarly }
    return Interval(start: start, end: end)
  }

  /// Checks when a session is said to have ended.
  static func end(_ completedAt: Int64, now: Int64) throws(Broken) -> Int64 {
    guard completedAt <= now + clockSlackMilliseconds else {
      throw Broken("completed_at", "in_future", "must not lie in the future")
    }
    guard completedAt >= earliestMilliseconds else { throw tooEarly }
    return min(completedAt, now)
  }

  static var missingDuration: Broken {
    Broken("duration_minutes", "required", "or duration_seconds is due")
  }

  private static var tooEarly: Broken {
    Broken("completed_at", "too_early", "must not lie before the year 2000")
  }

  private static func wholeSeconds(_ seconds: Double, of field: String) throws(Broken) -> Int {
    guard seconds > 0 else { throw Broken(field, "too_small", "must be more than 0") }
    guard seconds <= Double(durationSecondsMax) else {
      throw Broken(field, "too_large", "must be 24 hours at the most")
    }
    return max(1, Int(seconds.rounded()))
  }
}
