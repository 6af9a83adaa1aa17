import Observability

extension Tracer {
  /// The span of a statement, by OpenTelemetry's conventions for databases; nil where nothing that is
  /// recorded asks. Never what its parameters are, and of the text what it does to what.
  func statement(_ query: Query) -> Span? {
    guard let parent = CurrentSpan.span else { return nil }
    let summary = query.statement.summary
    return child(
      of: parent.trace, summary, .client,
      ["db.system.name": "postgresql", "db.query.summary": .string(summary)])
  }
}

extension Span {
  func answered(_ outcome: PostgresConnection.Outcome) {
    guard case .failure(let error) = outcome else { return end() }
    let state = error.sqlState
    if !state.isEmpty { set("db.response.status_code", .string(state)) }
    set("error.type", .string(state.isEmpty ? "\(error.kind)" : state))
    end(failed: true)
  }
}

/// What a statement does to what: `INSERT sessions`, `WITH due`. Pure.
nonisolated enum QuerySummary {
  private static let unknown = "SQL"
  private static let charactersMax = 64

  static func text(of sql: String) -> String {
    let words = sql.prefix(2_000).split { $0.isWhitespace || "(),;".contains($0) }
    guard let first = words.first, first.allSatisfy(\.isLetter) else { return unknown }
    let verb = first.uppercased()
    let marker: String?
    switch verb {
    case "SELECT", "DELETE": marker = "FROM"
    case "INSERT": marker = "INTO"
    case "UPDATE", "WITH": marker = nil
    default: return String(verb.prefix(charactersMax))
    }
    let place =
      marker.map { marker in words.firstIndex { $0.uppercased() == marker } } ?? words.startIndex
    guard let place, place + 1 < words.endIndex else { return verb }
    let target = words[place + 1]
    let isName = target.allSatisfy { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }
    guard isName, target.uppercased() != "SELECT" else { return verb }
    return String("\(verb) \(target)".prefix(charactersMax))
  }
}
