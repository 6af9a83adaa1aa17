import Postgres

/// What became of an event.
nonisolated struct Counted: Hashable, Sendable {
  /// False where this or a newer state was counted already.
  var isNew: Bool
  /// The outbox's rows that tell of badges that it earned.
  var told: [String] = []
}

extension Counted {
  /// The columns `counted` and `told` of the one row.
  init(_ rows: Rows) {
    self.init(
      isNew: rows.first?.bool("counted") ?? false, told: rows.first?.uuids("told") ?? [])
  }
}
