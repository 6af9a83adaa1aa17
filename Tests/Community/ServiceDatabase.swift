import Foundation
import Testing

@testable import Postgres

/// A new database with this service's tables, on the server that FOCAL_TEST_DATABASE_URL names.
enum ServiceDatabase {
  nonisolated static let url = ProcessInfo.processInfo.environment["FOCAL_TEST_DATABASE_URL"]
  nonisolated static let isMissing = "FOCAL_TEST_DATABASE_URL is not set"

  static func pool(size: Int = 4) async throws -> PostgresPool {
    let name = "focal_community_\(getpid())_\(UInt32.random(in: 0 ... .max))"
    try MigrationSession(url: url ?? "").execute("CREATE DATABASE \(name)")
    var components = try #require(URLComponents(string: url ?? ""))
    components.path = "/\(name)"
    let own = try #require(components.string)
    let session = try MigrationSession(url: own)
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Services/Community/Migrations")
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      try session.execute(String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8))
    }
    let pool = PostgresPool(url: own, size: size, applicationName: "test")
    pool.start()
    try await becomeReady(pool)
    return pool
  }

  /// Other tests may hold the loop while they make their own databases.
  private static func becomeReady(_ pool: PostgresPool) async throws {
    for attempt in 1...20 {
      do {
        return try await pool.check()
      } catch {
        if attempt == 20 { throw error }
      }
    }
  }
}
