import EventLoop
import EventLoopTesting
import Foundation
import Testing

@testable import Postgres

extension OneByOne {
  @Suite(.enabled(if: PrivatePostgres.isInstalled, .init(rawValue: PrivatePostgres.isMissing)))
  struct PostgresOutageTests {
    private func wait(_ limit: Duration = .seconds(8), until isDone: () -> Bool) async {
      let deadline = Deadline.after(limit)
      while !isDone(), !deadline.hasPassed { await Task.yield() }
      #expect(isDone())
    }

    @Test func killingAndStartingTheServerHeals() async throws {
      try await PrivatePostgres.run { server in
        try await onLoop(within: .seconds(60)) {
          let pool = PostgresPool(url: server.url, size: 4, applicationName: "test")
          var readyCount = 0
          pool.onReady = { readyCount += 1 }
          pool.start()
          defer { pool.close() }
          try await pool.check()
          try await pool.write("CREATE TABLE t (n bigint)")

          let sleeping = (0..<4).map { _ in
            Task { try await pool.read("SELECT pg_sleep(20) IS NULL AS b") }
          }
          let writing = Task { try await pool.write("SELECT pg_sleep(20) IS NULL AS b") }
          await wait { pool.inFlight == 5 }
          let clock = ContinuousClock()
          var start = clock.now
          try await server.stop()
          for task in sleeping + [writing] {
            let error = await failure { _ = try await task.value }
            #expect(error?.isUnavailable == true)
          }
          #expect(start.duration(to: clock.now) < .seconds(5))
          #expect(!pool.isReady)

          start = clock.now
          let refused = await failure { _ = try await pool.read("SELECT 1 AS n") }
          #expect(refused?.isUnavailable == true)
          #expect(start.duration(to: clock.now) < .milliseconds(1_500))
          #expect(await failure { try await pool.transaction { _ in } }?.kind == .unavailable)

          try await server.start()
          start = clock.now
          await wait { pool.isReady }
          #expect(start.duration(to: clock.now) < .seconds(5))
          #expect(readyCount == 2)
          try await pool.write("INSERT INTO t VALUES (1)")
          let rows = try await pool.transaction { try await $0.run("SELECT count(*) AS n FROM t") }
          #expect(rows[0].int("n") == 1)
        }
      }
    }

    @Test func aCallDuringAShortOutageWaitsForItsEnd() async throws {
      try await PrivatePostgres.run { server in
        try await onLoop(within: .seconds(60)) {
          let pool = PostgresPool(url: server.url, size: 2, applicationName: "test")
          pool.start()
          defer { pool.close() }
          try await pool.check()
          // One's own backend, ended by another: only that connection breaks.
          let pid = try await pool.read("SELECT pg_backend_pid() AS n")[0].int("n")
          let end: Query = "SELECT pg_terminate_backend($1::int) AS b"
          _ = try await pool.transaction { try await $0.run(end, [.int(pid)]) }
          for _ in 0..<20 {
            let error = await failure { _ = try await pool.read("SELECT 1 AS n") }
            #expect(error == nil || error?.isUnavailable == true)
            if error == nil { break }
          }
          try await pool.check()
        }
      }
    }

    @Test func aStoppedServerIsATimeoutAndHeals() async throws {
      try await PrivatePostgres.run { server in
        try await onLoop(within: .seconds(60)) {
          let pool = PostgresPool(url: server.url, size: 2, applicationName: "test")
          pool.start()
          defer { pool.close() }
          let pid = try await pool.read("SELECT pg_backend_pid() AS n")[0].int("n")
          kill(Int32(pid), SIGSTOP)
          let error = await failure {
            _ = try await pool.read("SELECT 1 AS n", deadline: .after(.milliseconds(100)))
          }
          #expect(error?.kind == .timedOut)
          // The next goes to another connection.
          let rows = try await pool.read("SELECT 2 AS n", deadline: .after(.seconds(2)))
          #expect(rows[0].int("n") == 2)
          kill(Int32(pid), SIGCONT)
          try await pool.check()
        }
      }
    }

    @Test func aStoppedServerHoldsNobodyBeyondTheDeadline() async throws {
      try await PrivatePostgres.run { server in
        try await onLoop(within: .seconds(60)) {
          let pool = PostgresPool(url: server.url, size: 3, applicationName: "test")
          pool.start()
          defer { pool.close() }
          let row = try await pool.read("SELECT pg_backend_pid() AS n")[0]
          let stopped = [try server.pid(), Int32(row.int("n"))]
          for pid in stopped { kill(pid, SIGSTOP) }
          let clock = ContinuousClock()
          let start = clock.now
          let tasks = (0..<20).map { number in
            Task {
              let deadline = Deadline.after(.milliseconds(300))
              if number % 2 == 0 {
                _ = try await pool.read("SELECT 1 AS n", deadline: deadline)
              } else {
                try await pool.transaction(deadline: deadline) { _ = try await $0.run("SELECT 1") }
              }
            }
          }
          for task in tasks {
            let error = await failure { try await task.value }
            #expect(error?.isUnavailable == true)
          }
          #expect(start.duration(to: clock.now) < .seconds(1))
          for pid in stopped { kill(pid, SIGCONT) }
          var healed = await failure { try await pool.check() }
          if healed != nil { healed = await failure { try await pool.check() } }
          #expect(healed == nil)
        }
      }
    }

    @Test func underLoadEveryCallEndsAndNoAnswerIsAnothers() async throws {
      try await PrivatePostgres.run { server in
        try await onLoop(within: .seconds(60)) {
          let pool = PostgresPool(url: server.url, size: 4, applicationName: "test")
          pool.start()
          defer { pool.close() }
          try await pool.check()
          var isOver = false
          var answered = 0
          var failed = 0
          let clock = ContinuousClock()
          let workers = (0..<48).map { worker in
            Task {
              var number = worker * 1_000_000
              while !isOver {
                number += 1
                let start = clock.now
                let parameters: [PostgresValue] = [.int(number)]
                let error = await failure {
                  let answer: Int
                  switch worker % 3 {
                  case 0: answer = try await pool.read(Self.echo, parameters)[0].int("n")
                  case 1: answer = try await pool.write(Self.echo, parameters)[0].int("n")
                  default:
                    answer = try await pool.transaction {
                      try await $0.run(Self.echo, parameters)[0].int("n")
                    }
                  }
                  #expect(answer == number)
                }
                if let error {
                  failed += 1
                  #expect(error.isUnavailable, "\(error)")
                  // A call that fails at once must not keep the loop from turning.
                  await withCheckedContinuation { continuation in
                    EventLoop.shared.schedule(after: .milliseconds(5)) { continuation.resume() }
                  }
                } else {
                  answered += 1
                }
                #expect(start.duration(to: clock.now) < .seconds(5))
              }
            }
          }
          for _ in 0..<3 {
            let before = answered
            await wait { answered > before + 2_000 }
            try await server.stop()
            try await server.start()
          }
          let before = answered
          await wait { answered > before + 2_000 }
          isOver = true
          for worker in workers { await worker.value }
          #expect(failed > 0)
          #expect(pool.inFlight == 0)
        }
      }
    }

    private static let echo = Query("SELECT $1::bigint AS n")

    @Test func aListenerIsRenewed() async throws {
      try await PrivatePostgres.run { server in
        try await onLoop(within: .seconds(60)) {
          let pool = PostgresPool(url: server.url, size: 2, applicationName: "test")
          pool.start()
          defer { pool.close() }
          var began = 0
          var heard: [String] = []
          let listener = pool.listen("news", onListening: { began += 1 }, { heard.append($0) })
          defer { listener.close() }
          await wait { began == 1 }
          try await server.stop()
          try await server.start()
          await wait { began == 2 && pool.isReady }
          try await pool.write("SELECT pg_notify('news', 'back') IS NULL AS b")
          await wait { heard == ["back"] }
        }
      }
    }

    @Test func aWrongPasswordOrDatabaseIsClear() async throws {
      try await PrivatePostgres.run { server in
        try await onLoop {
          let url = "postgres://postgres@/nowhere?host=\(server.path)"
          let pool = PostgresPool(url: url, size: 1, applicationName: "test")
          pool.start()
          defer { pool.close() }
          let error = await failure { try await pool.check() }
          #expect(error?.kind == .unavailable)
          #expect(error?.message.contains("\"nowhere\" does not exist") == true)
        }
      }
    }

    @Test func aNameIsResolvedWithoutBlocking() async throws {
      try await onLoop {
        let pool = PostgresPool(
          url: "postgres://postgres@nowhere.invalid/x", size: 1, applicationName: "test")
        pool.start()
        defer { pool.close() }
        let error = await failure { try await pool.check() }
        #expect(error?.kind == .unavailable)
      }
    }
  }
}
