import Testing

@testable import Postgres

struct QuerySummaryTests {
  @Test(arguments: [
    ("SELECT a, b FROM sessions WHERE id = $1", "SELECT sessions"),
    ("select 1", "SELECT"),
    ("INSERT INTO outbox (id, topic) VALUES ($1, $2)", "INSERT outbox"),
    ("\n  UPDATE users\n SET name = $1", "UPDATE users"),
    ("DELETE FROM outbox WHERE id = ANY($1)", "DELETE outbox"),
    ("WITH due AS (SELECT 1) UPDATE x SET y = 1", "WITH due"),
    ("SELECT x FROM (SELECT 1) AS inner", "SELECT"),
    ("COMMIT", "COMMIT"), ("NOTIFY channel, 'somebody'", "NOTIFY"),
    ("", "SQL"), ("$1", "SQL"), ("-- x", "SQL"), ("SELECT FROM", "SELECT"),
    ("SELECT * FROM 'somebody@example.com'", "SELECT"),
  ])
  func saysWhatIsDoneToWhat(sql: String, summary: String) {
    #expect(QuerySummary.text(of: sql) == summary)
  }

  @Test func isBounded() {
    let long = "SELECT x FROM " + String(repeating: "y", count: 10_000)
    #expect(QuerySummary.text(of: long).count == 64)
  }
}
