import TimeZones
import Wire

/// Which of a user's time entries are listed.
nonisolated struct EntryFilter: Hashable, Sendable {
  /// Started then or later.
  var from: Int64?
  /// Started before.
  var to: Int64?
  var projectID: String?

  /// - Parameters:
  ///   - from: an RFC 3339 time, or a local date.
  ///   - to: an RFC 3339 time, or a local date, which is included.
  init(
    from: String?, to: String?, projectID: String?, calendar: FocusSession.Calendar, zone: Zone
  ) throws(SessionRules.Broken) {
    func instant(_ text: String, daysLater: Int, _ field: String) throws(SessionRules.Broken)
      -> Int64
    {
      if let instant = Timestamp.milliseconds(text) { return instant }
      guard let date = CivilDate(parsing: text) else {
        throw SessionRules.Broken(field, "format", "must be an RFC 3339 time or a date")
      }
      return zone.start(of: date + daysLater, dayStartHour: calendar.dayStartHour)
    }
    self.from = try from.map { text throws(SessionRules.Broken) in
      try instant(text, daysLater: 0, "from")
    }
    self.to = try to.map { text throws(SessionRules.Broken) in
      try instant(text, daysLater: 1, "to")
    }
    self.projectID = projectID
  }
}
