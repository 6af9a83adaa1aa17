import EventLoop
import EventLoopTesting
import Foundation
import Testing
import Wire

@testable import Postgres

extension WithDatabase {
  @Suite struct MigratorTests {
    /// A folder of services, whose names no other test uses: roles belong to the whole server.
    private final class Services {
      let path = "/tmp/focal-migrations-\(getpid())-\(UInt32.random(in: 0 ... .max))"
      let name: String

      init() {
        name = "S" + String((0..<12).map { _ in "abcdefghijklmnop".randomElement()! })
      }

      var schema: String { name.lowercased() }

      func write(_ file: String, _ sql: String, service: String? = nil) throws {
        let folder = "\(path)/\(service ?? name)/Migrations"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try sql.write(toFile: folder + "/" + file, atomically: true, encoding: .utf8)
      }

      isolated deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {}
      }
    }

    private func message(_ body: @escaping @Sendable () throws -> Void) async -> String? {
      do {
        try await blocking(body)
        return nil
      } catch { return "\(error)" }
    }

    /// "it's secret", as a URL has it.
    private static let password = "it%27s%20secret"

    @Test func aServiceGetsItsRoleSchemaAndTables() async throws {
      let services = Services()
      try services.write(
        "V0001_users.sql", "CREATE TABLE users (id uuid); CREATE INDEX ON users (id);")
      try services.write("V0002_name.sql", "ALTER TABLE users ADD name text")
      let url = try await TestDatabase.create()
      let migrator = Migrator(url: url, folder: services.path) { _ in "it's secret" }
      var heard: [Int] = []
      let applied = try migrator.run { heard.append($0.version) }
      #expect(applied.map(\.version) == [1, 2])
      #expect(heard == [1, 2])
      #expect(applied[0].sha256.utf8.count == 64)
      #expect(try await blocking { try migrator.run() }.isEmpty)

      let role = url.replacing(/\/\/[^@]*@/, with: "//focal_\(services.schema):\(Self.password)@")
      try await onLoop {
        let pool = PostgresPool(url: role, size: 1, applicationName: "test")
        pool.start()
        defer { pool.close() }
        let rows = try await pool.read(
          """
          SELECT tableowner::text AS owner, (SELECT count(*) FROM users) AS n
          FROM pg_tables WHERE tablename = 'users'
          """)
        #expect(rows[0].string("owner") == "focal_\(services.schema)")
        #expect(rows[0].int("n") == 0)
        let create = await failure { try await pool.write("CREATE TABLE public.x ()") }
        #expect(create?.sqlState == "42501")
        let cheat = await failure { try await pool.write("DELETE FROM migrations") }
        #expect(cheat?.sqlState == "42501")
      }
    }

    @Test func oneServiceCannotReadAnothers() async throws {
      let services = Services()
      let other = Services()
      try services.write("V0001_a.sql", "CREATE TABLE a (n int)")
      try services.write("V0001_b.sql", "CREATE TABLE b (n int)", service: other.name)
      let url = try await TestDatabase.create()
      try Migrator(url: url, folder: services.path) { _ in "it's secret" }.run()
      let role = url.replacing(/\/\/[^@]*@/, with: "//focal_\(services.schema):\(Self.password)@")
      let session = try MigrationSession(url: role)
      #expect(throws: MigrationFailure.self) {
        try session.execute("SELECT * FROM \(other.schema).b")
      }
      try session.execute("SELECT * FROM a")
    }

    @Test func twoAtOnceApplyEachFileOnce() async throws {
      let services = Services()
      for version in 1...9 {
        try services.write(
          "V000\(version)_t.sql", "CREATE TABLE t\(version) (n int); SELECT pg_sleep(0.01)")
      }
      let migrator = Migrator(url: try await TestDatabase.create(), folder: services.path) { _ in
        "x"
      }
      let pool = BlockingPool(threads: 4, queueLimit: 8)
      let tasks = (0..<4).map { _ in Task { try await pool.run { try migrator.run().count } } }
      let counts = try await onLoop {
        var counts: [Int] = []
        for task in tasks { counts.append(try await task.value) }
        return counts
      }
      #expect(counts.reduce(0, +) == 9)
    }

    @Test func aChangedFileIsRefused() async throws {
      let services = Services()
      try services.write("V0001_a.sql", "CREATE TABLE a (n int)")
      let migrator = Migrator(url: try await TestDatabase.create(), folder: services.path) { _ in
        nil
      }
      try await blocking { try migrator.run() }
      try services.write("V0001_a.sql", "CREATE TABLE a (n bigint)")
      #expect(
        await message { try migrator.run() }?.contains("changed after it was applied") == true)
    }

    @Test func aFailingFileLeavesNothingBehind() async throws {
      let services = Services()
      try services.write("V0001_a.sql", "CREATE TABLE a (n int)")
      try services.write("V0002_b.sql", "CREATE TABLE b (n int);\nINSERT INTO nowhere VALUES (1)")
      let url = try await TestDatabase.create()
      let migrator = Migrator(url: url, folder: services.path) { _ in nil }
      let text = await message { try migrator.run() }
      #expect(text?.contains("V0002_b.sql") == true)
      #expect(text?.contains("line 2") == true)
      let session = try MigrationSession(url: url)
      let tables = try session.column(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", [services.schema])
      #expect(tables == ["a", "migrations"])
      try services.write("V0002_b.sql", "CREATE TABLE b (n int)")
      #expect(try await blocking { try migrator.run() }.map(\.version) == [2])
    }

    @Test func aFileMustNotEndItsTransaction() async throws {
      let services = Services()
      try services.write("V0001_a.sql", "CREATE TABLE a (n int); COMMIT; BEGIN")
      let migrator = Migrator(url: try await TestDatabase.create(), folder: services.path) { _ in
        nil
      }
      #expect(
        await message { try migrator.run() }?.contains("must not end its transaction") == true)
    }

    @Test func filesThatCameLateOrAreMisnamedAreRefused() async throws {
      let services = Services()
      try services.write("V0002_b.sql", "CREATE TABLE b (n int)")
      let migrator = Migrator(url: try await TestDatabase.create(), folder: services.path) { _ in
        nil
      }
      try await blocking { try migrator.run() }
      try services.write("V0001_a.sql", "CREATE TABLE a (n int)")
      #expect(await message { try migrator.run() }?.contains("older than version 2") == true)
      try services.write("V0002_c.sql", "")
      #expect(await message { try migrator.run() }?.contains("the same version") == true)
      try services.write("notes.txt", "", service: "Astray")
      #expect(await message { try migrator.run() }?.contains("not named like") == true)
    }

    @Test(arguments: ["V1_a.sql", "v0001_a.sql", "V0001-a.sql", "V0001_a.sql.bak", "V0001_.sql "])
    func otherNamesAreNoMigrations(_ name: String) {
      #expect(MigrationFile.version(of: name) == nil)
    }

    @Test func aServerThatIsAwayIsClear() async {
      let services = Services()
      let migrator = Migrator(url: "postgres://x@127.0.0.1:1/x", folder: services.path) { _ in nil }
      #expect(await message { try migrator.run() }?.contains("no migrations") == true)
    }
  }
}
