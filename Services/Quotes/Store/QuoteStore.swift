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
    let rows = try await database.read("SELECT id FROM quotes WHERE deleted_at IS NULL", [])
    return rows.map { $0.uuid("id") }
  }

  /// The cycle that is under way, and what it has shown.
  func currentCycle() async throws -> (cycle: Int, shown: Set<String>) {
    let rows = try await database.read(
      """
      SELECT cycle, quote_id FROM days WHERE cycle = (SELECT max(cycle) FROM days)
      """, [])
    return (rows.first?.int("cycle") ?? 1, Set(rows.map { $0.uuid("quote_id") }))
  }

  /// The quotes that days to come may get, the newest first, strictly after one of them.
  func page(after id: String?, limit: Int) async throws -> [StoredQuote] {
    try await database.read(
      """
      SELECT id, text, author, source, created_at FROM quotes
      WHERE deleted_at IS NULL AND ($1::uuid IS NULL OR (created_at, id) < (
        SELECT last.created_at, last.id FROM quotes AS last WHERE last.id = $1::uuid))
      ORDER BY created_at DESC, id DESC LIMIT $2::integer
      """, [.uuid(id), .int32(Int32(limit))]
    ).map { row in
      StoredQuote(
        id: row.uuid("id"), text: row.string("text"), author: row.optionalString("author"),
        source: row.optionalString("source"), createdAt: row.milliseconds("created_at"))
    }
  }

  /// Adds a quote; false where there is one of its text.
  func add(_ quote: StoredQuote) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO quotes (id, text, author, source, created_at) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (text) WHERE deleted_at IS NULL DO NOTHING
      """,
      [
        .uuid(quote.id), .string(quote.text), .string(quote.author), .string(quote.source),
        .timestamp(quote.createdAt),
      ]
    ).affectedRows == 1
  }

  /// Chooses a quote for no further day; false where there is none.
  func delete(_ id: String) async throws -> Bool {
    try await database.write(
      "UPDATE quotes SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL", [.uuid(id)]
    ).affectedRows == 1
  }

  /// Records a day, unless another process has recorded it, or given the quote to another day.
  func record(_ day: DailyChoice.Day, on date: String) async throws {
    _ = try await database.write(
      """
      INSERT INTO days (date, quote_id, cycle) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
      """, [.date(date), .uuid(day.quoteID), .int32(Int32(day.cycle))])
  }
}
