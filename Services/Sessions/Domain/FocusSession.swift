/// A focus session, as the service keeps it.
nonisolated struct FocusSession: Hashable, Sendable {
  var id: String
  var userID: String
  var roomID: String?
  var projectID: String?
  var kind: Kind
  var source: Source
  var note: String?
  var clock: SessionClock
  /// Whose days the session counts for.
  var calendar: Calendar
  /// Milliseconds since the epoch.
  var createdAt: Int64
  /// Counts up by one for each change.
  var version: Int64

  /// The values are those of the contract's enums, and of the database.
  enum Kind: Int32, Sendable {
    case work = 1
    case `break` = 2
  }

  /// The values are those of the contract's enums, and of the database.
  enum Source: Int32, Sendable {
    case timer = 1
    case manual = 2
    case `import` = 3
  }

  /// The user's zone and start of the day when the session was made: later changes move no past
  /// day.
  struct Calendar: Hashable, Sendable {
    var zone: String
    /// 0 to 23.
    var dayStartHour: Int
  }

  /// Whether nothing but the version differs.
  func isSame(as other: FocusSession) -> Bool {
    var same = other
    same.version = version
    return self == same
  }
}
