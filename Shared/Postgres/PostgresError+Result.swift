import CPostgres

extension PostgresError {
  /// The error that PostgreSQL, or libpq for it, put into `result`.
  init(_ result: OpaquePointer) {
    func field(_ code: UInt8) -> String {
      PQresultErrorField(result, Int32(code)).map { String(cString: $0) } ?? ""
    }
    let sqlState = field(UInt8(ascii: "C"))
    let primary = field(UInt8(ascii: "M"))
    self.init(
      // libpq makes results of its own for a broken connection: those have no SQLSTATE.
      sqlState.isEmpty ? .connectionLost : .server,
      primary.isEmpty
        ? Self.firstLine(String(cString: PQresultErrorMessage(result))) : primary,
      sqlState: sqlState, constraint: field(UInt8(ascii: "n")), table: field(UInt8(ascii: "t")))
  }

  nonisolated static func firstLine(_ text: String) -> String {
    text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
  }
}
