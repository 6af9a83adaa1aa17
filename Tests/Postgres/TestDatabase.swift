import EventLoop
import Foundation
import Testing
import Wire

@testable import Postgres

/// Tests of servers, one at a time: what waits for deadlines must not wait for other tests.
@Suite(.serialized) struct OneByOne {}

extension OneByOne {
  @Suite(
    .serialized, .enabled(if: TestDatabase.url != nil, .init(rawValue: TestDatabase.isMissing)))
  struct WithDatabase {}
}

typealias WithDatabase = OneByOne.WithDatabase

/// The server that FOCAL_TEST_DATABASE_URL names (a role that may create databases and roles).
enum TestDatabase {
  nonisolated static let url = ProcessInfo.processInfo.environment["FOCAL_TEST_DATABASE_URL"]
  nonisolated static let isMissing = "FOCAL_TEST_DATABASE_URL is not set"

  /// A new, empty database. It stays: the server is a test's.
  static func create() async throws -> String {
    let name = "focal_test_\(getpid())_\(UInt32.random(in: 0 ... .max))"
    try await blocking {
      let session = try MigrationSession(url: url ?? "")
      try session.execute("CREATE DATABASE \(name)")
    }
    return named(name)
  }

  /// A new database and a started pool of it.
  static func pool(size: Int = 4) async throws -> PostgresPool {
    let pool = PostgresPool(url: try await create(), size: size, applicationName: "test")
    pool.start()
    return pool
  }

  private static func named(_ database: String) -> String {
    let text = url ?? ""
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var base = String(parts[0])
    let authority = base.range(of: "://")!.upperBound
    if let slash = base[authority...].firstIndex(of: "/") { base = String(base[..<slash]) }
    return base + "/" + database + (parts.count > 1 ? "?" + parts[1] : "")
  }
}

/// Runs what blocks on another thread: other tests' deadlines pass on this one.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
{
  try await blockingPool.run(body)
}

private let blockingPool = BlockingPool(threads: 4, queueLimit: 64)

/// The kind and SQLSTATE of what `body` throws.
func failure(_ body: () async throws -> Void) async -> PostgresError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? PostgresError
  }
}
