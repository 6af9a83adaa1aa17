/// Why a database operation failed.
///
/// `description` never holds the values of a row (PostgreSQL's DETAIL has them): it may be logged.
nonisolated public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// PostgreSQL refused the statement: see `sqlState`.
    case server
    /// No connection could be had in time, so nothing was sent.
    case unavailable
    /// The connection broke with the statement under way: a write may have been committed.
    case connectionLost
    /// The deadline passed. A write that was sent may have been committed.
    case timedOut
    /// The task was cancelled. A write that was sent may have been committed.
    case cancelled
    /// Too many operations are under way or waiting.
    case overloaded
    /// A parameter cannot be sent: text with U+0000, a malformed UUID.
    case invalidParameter
    /// A neighbour's error ended the segment that this read shared; nothing ran.
    case aborted
  }

  public var kind: Kind
  /// Five characters of SQLSTATE, empty unless PostgreSQL gave one.
  public var sqlState: String
  /// The constraint that was violated, or empty.
  public var constraint: String
  public var table: String
  public var message: String

  public init(
    _ kind: Kind, _ message: String, sqlState: String = "", constraint: String = "",
    table: String = ""
  ) {
    self.kind = kind
    self.message = message
    self.sqlState = sqlState
    self.constraint = constraint
    self.table = table
  }

  /// True if the database is away, full or too slow, so that the same call may succeed later.
  public var isUnavailable: Bool {
    switch kind {
    case .unavailable, .connectionLost, .timedOut, .overloaded: true
    case .aborted: true
    case .server:
      sqlState.hasPrefix("08") || sqlState.hasPrefix("53") || sqlState.hasPrefix("57")
        || sqlState == "25006"
    case .cancelled, .invalidParameter: false
    }
  }

  /// True if a client's deadline or the server's statement_timeout ended the statement.
  public var isTimeout: Bool { kind == .timedOut || sqlState == "57014" }

  /// True if PostgreSQL asks for the whole transaction to be tried again.
  public var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }

  public var isUniqueViolation: Bool { sqlState == "23505" }
  public var isForeignKeyViolation: Bool { sqlState == "23503" }
  public var isCheckViolation: Bool { sqlState == "23514" }
  public func isUniqueViolation(of constraint: String) -> Bool {
    isUniqueViolation && self.constraint == constraint
  }

  /// True if nothing of the statement ran through no fault of its own: it may be sent again.
  var ranNothing: Bool { kind == .aborted || isMissingStatement || isStalePlan }

  /// True if the statement was not prepared on its connection, so nothing of it ran.
  var isMissingStatement: Bool { sqlState == "26000" }

  /// True if a table changed below a prepared statement, so nothing of it ran.
  var isStalePlan: Bool {
    sqlState == "0A000" && message == "cached plan must not change result type"
  }

  public var description: String {
    var text = "postgres \(kind)"
    if !sqlState.isEmpty { text += " \(sqlState)" }
    if !constraint.isEmpty { text += " (\(constraint))" }
    return text + ": " + message
  }
}
