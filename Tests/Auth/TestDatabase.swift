import Foundation
import Postgres
import Wire

/// Auth's tables in a schema of their own, on the server that FOCAL_TEST_DATABASE_URL names.
enum TestDatabase {
  nonisolated static let url = ProcessInfo.processInfo.environment["FOCAL_TEST_DATABASE_URL"]

  /// A started pool. The schema stays: the server is a test's.
  static func pool() async throws -> PostgresPool {
    let schema = "auth_test_\(getpid())_\(UInt32.random(in: 0 ... .max))"
    let url = url ?? ""
    let option = (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)"
    let pool = PostgresPool(url: url + option, size: 4, applicationName: "test")
    pool.start()
    try await connect(pool)
    let statements = try migrations()
    try await pool.transaction { transaction in
      try await transaction.run(Query(unprepared: "CREATE SCHEMA \(schema)"))
      for statement in statements { try await transaction.run(Query(unprepared: statement)) }
    }
    return pool
  }

  /// Waits for the first connection, which on a busy machine may take longer than a call waits.
  private static func connect(_ pool: PostgresPool) async throws {
    var attempts = 15
    while !pool.isReady {
      attempts -= 1
      do {
        try await pool.check()
      } catch {
        if attempts == 0 { throw error }
      }
    }
  }

  /// The statements of auth's migrations: none of them has a semicolon within.
  private static func migrations() throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appending(path: "Services/Auth/Migrations")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return try files.sorted { $0.lastPathComponent < $1.lastPathComponent }.flatMap { file in
      try String(contentsOf: file, encoding: .utf8).components(separatedBy: ";\n")
        .filter { !$0.allSatisfy(\.isWhitespace) }
    }
  }
}
