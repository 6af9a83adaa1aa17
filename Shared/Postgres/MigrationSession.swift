import CPostgres

/// A plain blocking connection, for migrations and administration: never on the loop's thread while
/// it serves.
nonisolated final class MigrationSession {
  private let handle: OpaquePointer

  init(url: String) throws(MigrationError) {
    let handle = CStrings.with(["dbname", "connect_timeout"]) { names in
      CStrings.with([url, "10"]) { values in PQconnectdbParams(names, values, 1) }
    }
    guard let handle else { throw MigrationError("out of memory") }
    self.handle = handle
    guard PQstatus(handle) == CONNECTION_OK else {
      throw MigrationError(PostgresError.firstLine(String(cString: PQerrorMessage(handle))))
    }
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
  }

  deinit { PQfinish(handle) }

  /// Runs one or several statements without parameters.
  func execute(_ sql: String) throws(MigrationFailure) {
    guard let result = PQexec(handle, sql) else { throw MigrationFailure("", lastMessage, "") }
    defer { PQclear(result) }
    try check(result)
  }

  /// The first column of the rows, as text; NULL is empty.
  func column(_ sql: String, _ parameters: [String] = []) throws(MigrationFailure) -> [String] {
    try rows(sql, parameters).map { $0.first ?? "" }
  }

  func rows(_ sql: String, _ parameters: [String] = []) throws(MigrationFailure) -> [[String]] {
    let result = CStrings.with(parameters) {
      PQexecParams(handle, sql, Int32(parameters.count), nil, $0, nil, nil, 0)
    }
    guard let result else { throw MigrationFailure("", lastMessage, "") }
    defer { PQclear(result) }
    try check(result)
    return (0..<PQntuples(result)).map { row in
      (0..<PQnfields(result)).map { String(cString: PQgetvalue(result, row, $0)) }
    }
  }

  /// True inside a transaction block that has not failed.
  var isInTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INTRANS }

  func quoted(identifier: String) -> String {
    "\""
      + identifier.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  func quoted(literal: String) -> String {
    guard let quoted = PQescapeLiteral(handle, literal, literal.utf8.count) else { return "''" }
    defer { PQfreemem(quoted) }
    return String(cString: quoted)
  }

  /// The SCRAM verifier of a password, so that the server's log never sees the password itself.
  func verifier(password: String, role: String) -> String? {
    guard let text = PQencryptPasswordConn(handle, password, role, "scram-sha-256") else {
      return nil
    }
    defer { PQfreemem(text) }
    return String(cString: text)
  }

  private var lastMessage: String {
    PostgresError.firstLine(String(cString: PQerrorMessage(handle)))
  }

  private func check(_ result: OpaquePointer) throws(MigrationFailure) {
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
    default: break
    }
    func field(_ code: UInt8) -> String {
      PQresultErrorField(result, Int32(code)).map { String(cString: $0) } ?? ""
    }
    let message = field(UInt8(ascii: "M"))
    throw MigrationFailure(
      field(UInt8(ascii: "C")), message.isEmpty ? lastMessage : message, field(UInt8(ascii: "P")))
  }
}

/// PostgreSQL's refusal of a statement.
nonisolated struct MigrationFailure: Error {
  let sqlState: String
  let message: String
  /// Where in the text, in characters from 1, or 0.
  let position: Int

  init(_ sqlState: String, _ message: String, _ position: String) {
    self.sqlState = sqlState
    self.message = message
    self.position = Int(position) ?? 0
  }
}
