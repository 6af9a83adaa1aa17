import EventLoop
import EventLoopTesting
import Testing

@testable import Postgres

extension WithDatabase {
  @Suite struct PostgresPoolTests {
    private static let one = Query("SELECT $1::bigint AS n")

    @Test func aThousandReadsAtOnceGetEachItsOwnAnswer() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let tasks = (0..<1_000).map { number in
          Task { try await pool.read(Self.one, [.int(number)])[0].int("n") }
        }
        for (number, task) in tasks.enumerated() { #expect(try await task.value == number) }
      }
    }

    @Test func aThousandWritesAtOnceAreAllThere() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        try await pool.write("CREATE TABLE events (n bigint PRIMARY KEY)")
        let tasks = (0..<1_000).map { number in
          Task {
            try await pool.write(
              "INSERT INTO events VALUES ($1)", [.int(number)],
              durability: number % 2 == 0 ? .synchronous : .asynchronous)
          }
        }
        for task in tasks { #expect(try await task.value.affectedRows == 1) }
        #expect(try await pool.read("SELECT count(*) AS n FROM events")[0].int("n") == 1_000)
        #expect(pool.openConnections >= 3)
      }
    }

    @Test func aWriteThatFailsAtItsCommitHasFailed() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        try await pool.write(
          "CREATE TABLE pairs (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let insert: Query = "INSERT INTO pairs VALUES (1)"
        try await pool.write(insert)
        // It is carried out, and answered, before it is refused.
        await #expect(throws: PostgresError.self) { try await pool.write(insert) }
        #expect(try await pool.read("SELECT count(*) AS n FROM pairs")[0].int("n") == 1)
        #expect(pool.isReady)
      }
    }

    @Test func asynchronousWritesDoNotWaitForTheDisk() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let setting: Query = "SELECT current_setting('synchronous_commit') AS s"
        #expect(try await pool.write(setting)[0].string("s") == "on")
        #expect(try await pool.write(setting, durability: .asynchronous)[0].string("s") == "off")
        let inside = try await pool.transaction(durability: .asynchronous) {
          try await $0.read(setting)[0].string("s")
        }
        #expect(inside == "off")
        #expect(try await pool.transaction { try await $0.read(setting)[0].string("s") } == "on")
      }
    }

    @Test func aViolationNamesItsConstraint() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        try await pool.write(
          """
          CREATE TABLE users (email text CONSTRAINT users_email_key UNIQUE,
            age int CONSTRAINT users_age_check CHECK (age > 0))
          """)
        let insert: Query = "INSERT INTO users VALUES ($1, $2)"
        try await pool.write(insert, ["a@example.com", 1])
        let twice = await failure { try await pool.write(insert, ["a@example.com", 1]) }
        #expect(twice?.sqlState == "23505")
        #expect(twice?.isUniqueViolation(of: "users_email_key") == true)
        #expect(twice?.table == "users")
        #expect(twice?.isUnavailable == false)
        #expect(twice.map { "\($0)" }?.contains("a@example.com") == false)
        let young = await failure { try await pool.write(insert, ["b@example.com", 0]) }
        #expect(young?.isCheckViolation == true)
        #expect(young?.constraint == "users_age_check")
      }
    }

    @Test func aFailingReadDoesNotSpoilItsNeighbours() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        // All of one turn, thus of one segment.
        let tasks = (0..<100).map { number in
          Task {
            try await pool.read("SELECT 100 / $1::bigint AS n", [.int(number % 10)])[0].int("n")
          }
        }
        for (number, task) in tasks.enumerated() {
          if number % 10 == 0 {
            #expect(await failure { _ = try await task.value }?.sqlState == "22012")
          } else {
            #expect(try await task.value == 100 / (number % 10))
          }
        }
      }
    }

    @Test func aMistakeInTheSQLIsClearEachTime() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        for _ in 0..<2 {
          let tasks = (0..<3).map { _ in Task { try await pool.read("SELEC 1") } }
          for task in tasks {
            #expect(await failure { _ = try await task.value }?.sqlState == "42601")
          }
          let missing = await failure { try await pool.write("INSERT INTO nowhere VALUES (1)") }
          #expect(missing?.sqlState == "42P01")
        }
        // What was missing can come: preparing is tried again.
        try await pool.write("CREATE TABLE nowhere (n int)")
        #expect(try await pool.write("INSERT INTO nowhere VALUES (1)").affectedRows == 1)
      }
    }

    @Test func aChangedTableDoesNotBreakPreparedStatements() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool(size: 1)
        defer { pool.close() }
        try await pool.write("CREATE TABLE things (id int, name int)")
        try await pool.write("INSERT INTO things VALUES (1, 2)")
        let select: Query = "SELECT name FROM things WHERE id = $1"
        #expect(try await pool.read(select, [1])[0].int("name") == 2)
        try await pool.write("ALTER TABLE things ALTER name TYPE text")
        #expect(try await pool.read(select, [1])[0].string("name") == "2")
        #expect(try await pool.read(select, [1])[0].string("name") == "2")
      }
    }

    @Test func aCancelledReadShiftsNoAnswer() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        try await pool.check()
        let tasks = (0..<300).map { number in
          Task { try await pool.read(Self.one, [.int(number)])[0].int("n") }
        }
        await Task.yield()
        for number in stride(from: 0, to: 300, by: 3) { tasks[number].cancel() }
        for (number, task) in tasks.enumerated() {
          if number % 3 == 0 {
            // Answered before it was cancelled, or cancelled.
            do {
              #expect(try await task.value == number)
            } catch let error as PostgresError {
              #expect(error.kind == .cancelled)
            }
          } else {
            #expect(try await task.value == number)
          }
        }
      }
    }

    @Test func cancellingResumesAtOnce() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        try await pool.check()
        let task = Task { try await pool.read("SELECT pg_sleep(3) IS NULL AS b") }
        EventLoop.shared.schedule(after: .milliseconds(20)) { task.cancel() }
        let clock = ContinuousClock()
        let start = clock.now
        let error = await failure { _ = try await task.value }
        #expect(error?.kind == .cancelled)
        #expect(start.duration(to: clock.now) < .seconds(1))
        // The others do not wait behind it.
        #expect(try await pool.read(Self.one, [5], deadline: .after(.seconds(1)))[0].int("n") == 5)
      }
    }

    @Test func aSlowReadEndsAtItsDeadline() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool(size: 1)
        defer { pool.close() }
        try await pool.check()
        let clock = ContinuousClock()
        let start = clock.now
        let error = await failure {
          _ = try await pool.read(
            "SELECT pg_sleep(2) IS NULL AS b", deadline: .after(.milliseconds(50)))
        }
        #expect(error?.kind == .timedOut)
        #expect(error?.isUnavailable == true)
        #expect(start.duration(to: clock.now) < .seconds(1))
      }
    }

    @Test func theServerEndsAStatementThatTakesTooLong() async throws {
      try await onLoop {
        var settings = PostgresSettings(
          url: .init(try await TestDatabase.create()), applicationName: "t")
        settings.statementTimeout = .milliseconds(50)
        let pool = PostgresPool(settings: settings, size: 1)
        pool.start()
        defer { pool.close() }
        let error = await failure { _ = try await pool.read("SELECT pg_sleep(5) IS NULL AS b") }
        #expect(error?.sqlState == "57014")
        #expect(error?.isTimeout == true)
        try await pool.check()
      }
    }

    @Test func aListenerHearsNotifications() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        var heard: [String] = []
        let payload: String = await withCheckedContinuation { continuation in
          let listener = pool.listen(
            "news \"today\"",
            onListening: {
              Task {
                try await pool.write("SELECT pg_notify('news \"today\"', 'grüße') IS NULL AS b")
              }
            },
            {
              heard.append($0)
              if heard.count == 1 { continuation.resume(returning: $0) }
            })
          EventLoop.shared.schedule(after: .seconds(5)) { listener.close() }
        }
        #expect(payload == "grüße")
      }
    }
  }
}
