import Contracts
import Postgres

/// The quotes and the days that showed them. The first process to record a day decides it.
public struct QuoteStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// What was recorded for a day (`YYYY-MM-DD`).
  func quote(on date: String) async throws -> Quote? {
    let rows = try await database.read(
      """
      SELECT quotes.id, text, author, source FROM days
      JOIN quotes ON quotes.id = days.quote_id WHERE date = $1
      """, [.date(date)])
    return rows.first.map { row in
      Quote(
        id: row.uuid("id"), text: row.string("text"), author: row.optionalString("author"),
        source: row.optionalString("source"), date: date)
    }
  }

  func quoteIDs() async throws -> [String] {
    try await database.read("SELECT id FROM quotes", []).map { $0.uuid("id") }
  }

  /// The cycle that is under way, and what it has shown.
  func currentCycle() async throws -> (cycle: Int, shown: Set<String>) {
    let rows = try await database.read(
      """
      SELECT cycle, quote_id FROM days WHERE cycle = (SELECT max(cycle) FROM days)
      """, [])
    return (rows.first?.int("cycle") ?? 1, Set(rows.map { $0.uuid("quote_id") }))
  }

  /// Records a day, unless another process has recorded it, or given the quote to another day.
  func record(_ day: DailyChoice.Day, on date: String) async throws {
    _ = try await database.write(
      """
      INSERT INTO days (date, quote_id, cycle) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
      """, [.date(date), .uuid(day.quoteID), .int32(Int32(day.cycle))])
  }
}
