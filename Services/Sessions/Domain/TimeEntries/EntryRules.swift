/// The rules that the times of entries keep.
nonisolated enum EntryRules {
  /// Checks when an entry is said to have started.
  static func start(_ start: Int64, now: Int64) throws(SessionRules.Broken) -> Int64 {
    guard start <= now + SessionRules.clockSlackMilliseconds else {
      throw SessionRules.Broken("start_time", "in_future", "must not lie in the future")
    }
    guard start >= SessionRules.earliestMilliseconds else {
      throw SessionRules.Broken("start_time", "too_early", "must not lie before the year 2000")
    }
    return min(start, now)
  }

  /// Checks when an entry that started at `start` is said to have ended.
  static func end(_ end: Int64, start: Int64, now: Int64) throws(SessionRules.Broken) -> Int64 {
    guard end <= now + SessionRules.clockSlackMilliseconds else {
      throw SessionRules.Broken("end_time", "in_future", "must not lie in the future")
    }
    guard end > start else {
      throw SessionRules.Broken("end_time", "not_after_start", "must lie after start_time")
    }
    guard end - start <= BookedTime.millisecondsMax else {
      throw SessionRules.Broken(
        "end_time", "too_long", "must lie 24 hours after start_time at the most")
    }
    return max(start, min(end, now))
  }
}
