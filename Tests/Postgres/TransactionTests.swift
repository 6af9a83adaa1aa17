import EventLoop
import EventLoopTesting
import Testing

@testable import Postgres

extension WithDatabase {
  @Suite struct TransactionTests {
    private struct Refused: Error {}
    private static let insert = Query("INSERT INTO things VALUES ($1)")

    private func pool(size: Int = 4) async throws -> PostgresPool {
      let pool = try await TestDatabase.pool(size: size)
      try await pool.write("CREATE TABLE things (n bigint PRIMARY KEY)")
      return pool
    }

    private func count(_ pool: PostgresPool) async throws -> Int {
      try await pool.read("SELECT count(*) AS n FROM things")[0].int("n")
    }

    @Test func returningCommits() async throws {
      try await onLoop {
        let pool = try await pool()
        defer { pool.close() }
        let sum = try await pool.transaction { transaction in
          try await transaction.run(Self.insert, [1])
          try await transaction.run(Self.insert, [2])
          return try await transaction.run("SELECT sum(n)::bigint AS n FROM things")[0].int("n")
        }
        #expect(sum == 3)
        #expect(try await count(pool) == 2)
      }
    }

    @Test func throwingRollsBack() async throws {
      try await onLoop {
        let pool = try await pool(size: 1)
        defer { pool.close() }
        await #expect(throws: Refused.self) {
          try await pool.transaction { transaction in
            try await transaction.run(Self.insert, [1])
            throw Refused()
          }
        }
        #expect(try await count(pool) == 0)
        try await pool.transaction { _ = try await $0.run(Self.insert, [1]) }
        #expect(try await count(pool) == 1)
      }
    }

    @Test func anErrorThatTheBodyHidesStillRollsBack() async throws {
      try await onLoop {
        let pool = try await pool(size: 1)
        defer { pool.close() }
        let error = await failure {
          try await pool.transaction { transaction in
            try await transaction.run(Self.insert, [1])
            _ = await failure { try await transaction.run(Self.insert, [1]) }
            let after = await failure { try await transaction.run(Self.insert, [2]) }
            #expect(after?.sqlState == "25P02")
          }
        }
        #expect(error?.sqlState == "25P02")
        #expect(try await count(pool) == 0)
      }
    }

    @Test func cancellingRollsBack() async throws {
      try await onLoop {
        let pool = try await pool()
        defer { pool.close() }
        let task = Task {
          try await pool.transaction { transaction in
            try await transaction.run(Self.insert, [1])
            try await transaction.run("SELECT pg_sleep(0.2) IS NULL AS b")
            try await transaction.run(Self.insert, [2])
          }
        }
        EventLoop.shared.schedule(after: .milliseconds(50)) { task.cancel() }
        #expect(await failure { try await task.value }?.kind == .cancelled)
        #expect(try await count(pool) == 0)
        // The slot is free again, and the table was not left locked.
        try await pool.transaction { _ = try await $0.run(Self.insert, [1]) }
        #expect(try await count(pool) == 1)
      }
    }

    @Test func cancellingJustBeforeTheCommitRollsBack() async throws {
      try await onLoop {
        let pool = try await pool()
        defer { pool.close() }
        let error = await failure {
          try await pool.transaction { transaction in
            try await transaction.run(Self.insert, [1])
            withUnsafeCurrentTask { $0?.cancel() }
          }
        }
        #expect(error?.kind == .cancelled)
        // A task of its own: this one is cancelled.
        #expect(try await Task { try await count(pool) }.value == 0)
      }
    }

    @Test func aDeferredConstraintFailsTheCommit() async throws {
      try await onLoop {
        let pool = try await pool()
        defer { pool.close() }
        try await pool.write(
          """
          CREATE TABLE parts (n bigint CONSTRAINT parts_n_fkey REFERENCES things
            DEFERRABLE INITIALLY DEFERRED)
          """)
        let error = await failure {
          try await pool.transaction { _ = try await $0.run("INSERT INTO parts VALUES (9)") }
        }
        #expect(error?.isForeignKeyViolation == true)
        #expect(error?.constraint == "parts_n_fkey")
      }
    }

    @Test func othersDoNotRunInsideATransaction() async throws {
      try await onLoop {
        let pool = try await pool(size: 3)
        defer { pool.close() }
        let tasks = (0..<20).map { number in
          Task {
            try await pool.transaction { transaction in
              try await transaction.run(Self.insert, [.int(number)])
              await Task.yield()
              if number % 2 == 0 { throw Refused() }
              try await transaction.run(Self.insert, [.int(100 + number)])
            }
          }
        }
        let writes = (0..<100).map { number in
          Task { try await pool.write(Self.insert, [.int(1_000 + number)]) }
        }
        for task in writes { _ = try await task.value }
        var refused = 0
        for task in tasks {
          do { try await task.value } catch is Refused { refused += 1 }
        }
        #expect(refused == 10)
        #expect(try await count(pool) == 120)
      }
    }

    @Test func anEmptyTransactionSendsNothing() async throws {
      try await onLoop {
        let pool = try await pool()
        defer { pool.close() }
        #expect(try await pool.transaction { _ in 7 } == 7)
      }
    }

    @Test func twoTransactionsThatLockEachOtherAreToldToTryAgain() async throws {
      try await onLoop {
        let pool = try await pool()
        defer { pool.close() }
        try await pool.write("INSERT INTO things VALUES (1), (2)")
        var arrived = 0
        func update(_ first: Int, _ second: Int) async throws {
          try await pool.transaction { transaction in
            let lock: Query = "SELECT n FROM things WHERE n = $1 FOR UPDATE"
            try await transaction.run(lock, [.int(first)])
            arrived += 1
            while arrived < 2 { await Task.yield() }
            try await transaction.run(lock, [.int(second)])
          }
        }
        let tasks = [Task { try await update(1, 2) }, Task { try await update(2, 1) }]
        var failures = 0
        for task in tasks {
          if let error = await failure({ try await task.value }) {
            #expect(error.isSerializationFailure)
            failures += 1
          }
        }
        #expect(failures == 1)
      }
    }
  }
}
