import EventLoop
import EventLoopTesting
import Foundation
import RedisTesting
import Testing

@testable import Redis

/// Tests of servers, one at a time: what waits for deadlines must not wait for other tests.
@Suite(.serialized) struct OneByOne {}

nonisolated let sharedURL = ProcessInfo.processInfo.environment["FOCAL_TEST_REDIS_URL"]

func failure(_ body: () async throws -> Void) async -> RedisError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? RedisError
  }
}

extension OneByOne {
  @Suite(.enabled(if: sharedURL != nil, "FOCAL_TEST_REDIS_URL is not set"))
  struct RedisConnectionTests {
    private let prefix = "focal-test-\(getpid())-\(UInt32.random(in: 0 ... .max)):"

    private func connect() -> RedisConnection {
      let redis = RedisConnection(url: sharedURL ?? "", timeout: .seconds(15))
      redis.start()
      return redis
    }

    private func key(_ name: String) -> RedisArgument { .string(prefix + name) }

    @Test func valuesComeBack() async throws {
      try await onLoop {
        let redis = connect()
        defer { redis.close() }
        #expect(try await redis.command("SET", key("a"), "ü\0x", "EX", 60).string == "OK")
        #expect(try await redis.command("GET", key("a")).string == "ü\0x")
        let bytes = (0..<256).map { UInt8($0) }
        _ = try await redis.command("SET", key("b"), .bytes(bytes), "EX", 60)
        #expect(try await redis.command("GET", key("b")).bytes == bytes)
        #expect(try await redis.command("GET", key("b")).string == nil)
        #expect(try await redis.command("GET", key("none")).isNull)
        #expect(try await redis.command("INCRBY", key("n"), .int(-41)).int == -41)
        #expect(try await redis.command("GET", key("n")).int == -41)
        let several = try await redis.command("MGET", key("n"), key("none"))
        #expect(several.array == [.bytes(Array("-41".utf8)), .null])
        _ = try await redis.command("DEL", key("a"), key("b"), key("n"))
      }
    }

    @Test func anErrorReplyIsThrown() async throws {
      try await onLoop {
        let redis = connect()
        defer { redis.close() }
        try await redis.check()
        let error = await failure { _ = try await redis.command("NOSUCHCOMMAND") }
        #expect(error?.kind == .server)
        #expect(error?.message.hasPrefix("ERR unknown command") == true)
        #expect(error?.isUnavailable == false)
      }
    }

    @Test func aThousandCommandsAtOnceGetEachItsOwnAnswer() async throws {
      try await onLoop {
        let redis = connect()
        defer { redis.close() }
        let tasks = (0..<1_000).map { number in
          Task { try await redis.command("ECHO", .int(number)).int }
        }
        for (number, task) in tasks.enumerated() {
          let answer = try await task.value
          #expect(answer == number)
        }
      }
    }

    @Test func aCancelledCommandShiftsNoAnswer() async throws {
      try await onLoop {
        let redis = connect()
        defer { redis.close() }
        try await redis.check()
        let tasks = (0..<300).map { number in
          Task { try await redis.command("ECHO", .int(number)).int }
        }
        await Task.yield()
        for number in stride(from: 0, to: 300, by: 3) { tasks[number].cancel() }
        for (number, task) in tasks.enumerated() {
          do {
            #expect(try await task.value == number)
          } catch let error as RedisError {
            #expect(error.kind == .cancelled && number % 3 == 0)
          }
        }
      }
    }

    @Test func largeValuesPass() async throws {
      try await onLoop {
        let redis = connect()
        defer { redis.close() }
        let value = [UInt8](repeating: 7, count: 8 << 20)
        _ = try await redis.command("SET", key("large"), .bytes(value), "EX", 60)
        #expect(try await redis.command("GET", key("large")).bytes == value)
        _ = try await redis.command("DEL", key("large"))
      }
    }

    @Test func manyLargeValuesAtOnceDoNotBlockEachOther() async throws {
      try await onLoop {
        let redis = connect()
        defer { redis.close() }
        let tasks = (0..<48).map { number in
          Task {
            let value = [UInt8](repeating: UInt8(number), count: 1 << 20)
            return try await redis.command("ECHO", .bytes(value)).bytes
          }
        }
        for (number, task) in tasks.enumerated() {
          let bytes = try await task.value
          #expect(bytes?.count == 1 << 20)
          #expect(bytes?.last == UInt8(number))
        }
      }
    }

    @Test func aScriptIsLoadedOnceAndAgainWhereItIsForgotten() async throws {
      try await onLoop {
        let redis = connect()
        defer { redis.close() }
        let script = Script("return {KEYS[1], ARGV[1], '\(prefix)'}")
        for round in 0..<3 {
          let reply = try await redis.evaluate(script, keys: ["k"], arguments: [.int(round)])
          #expect(reply.array?.prefix(2).map(\.string) == ["k", "\(round)"])
          if round == 1 { _ = try await redis.command("SCRIPT", "FLUSH") }
        }
        let broken = await failure { _ = try await redis.evaluate(Script("not lua")) }
        #expect(broken?.kind == .server)
      }
    }
  }

  @Suite(.enabled(if: PrivateRedis.isInstalled, .init(rawValue: PrivateRedis.isMissing)))
  struct RedisOutageTests {
    private func wait(_ limit: Duration = .seconds(8), until isDone: () -> Bool) async {
      let deadline = Deadline.after(limit)
      while !isDone(), !deadline.hasPassed { await Task.yield() }
      #expect(isDone())
    }

    @Test func killingAndStartingTheServerHeals() async throws {
      let server = try PrivateRedis()
      defer { server.remove() }
      try await onLoop {
        let redis = RedisConnection(url: server.url)
        var readyCount = 0
        redis.onReady = { readyCount += 1 }
        redis.start()
        defer { redis.close() }
        await wait { redis.isReady }
        let waiting = (0..<3).map { _ in
          Task { try await redis.command(["BLPOP", "nothing", "0"], timeout: .seconds(9)) }
        }
        await wait { redis.pendingCount == 3 }
        server.kill()
        for task in waiting {
          #expect(await failure { _ = try await task.value }?.kind == .connectionLost)
        }
        await wait { !redis.isReady }
        let clock = ContinuousClock()
        var start = clock.now
        let error = await failure { _ = try await redis.command("PING") }
        #expect(error?.isUnavailable == true)
        #expect(start.duration(to: clock.now) < .milliseconds(400))
        // Known to be away: no more waiting.
        await wait { redis.failures > 1 }
        start = clock.now
        #expect(await failure { _ = try await redis.command("PING") }?.kind == .unavailable)
        #expect(start.duration(to: clock.now) < .milliseconds(50))
        server.start()
        await wait { redis.isReady }
        let pong = try await redis.command("PING")
        #expect(pong.string == "PONG")
        #expect(readyCount == 2)
      }
    }

    @Test func aStoppedServerIsATimeoutThenRefusedAtOnceThenHeals() async throws {
      let server = try PrivateRedis()
      defer { server.remove() }
      try await onLoop {
        let redis = RedisConnection(url: server.url)
        redis.start()
        defer { redis.close() }
        await wait { redis.isReady }
        server.signal(SIGSTOP)
        let clock = ContinuousClock()
        var start = clock.now
        let error = await failure { _ = try await redis.command("PING") }
        #expect(error?.kind == .timedOut)
        #expect(start.duration(to: clock.now) >= .milliseconds(200))
        #expect(start.duration(to: clock.now) < .milliseconds(600))
        start = clock.now
        #expect(await failure { _ = try await redis.command("PING") }?.kind == .unavailable)
        #expect(start.duration(to: clock.now) < .milliseconds(50))
        #expect(!redis.isReady)
        server.signal(SIGCONT)
        await wait { redis.isReady }
        let pong = try await redis.command("PING")
        #expect(pong.string == "PONG")
        // Stopped for longer: the connection is given up, and made again later.
        server.signal(SIGSTOP)
        _ = await failure { _ = try await redis.command("PING") }
        await wait { redis.failures > 1 }
        server.signal(SIGCONT)
        await wait { redis.isReady }
        let back = try await redis.command("ECHO", "back")
        #expect(back.string == "back")
      }
    }

    @Test func passwordAndDatabaseAreUsed() async throws {
      let server = try PrivateRedis(password: "s@cret")
      defer { server.remove() }
      try await onLoop {
        let right = RedisConnection(url: "unix://:s%40cret@\(server.socket)?db=2")
        right.start()
        defer { right.close() }
        await wait { right.isReady }
        let info = try await right.command("CLIENT", "INFO").string
        #expect(info?.contains(" db=2 ") == true)
        let wrong = RedisConnection(url: "unix://:wrong@\(server.socket)")
        wrong.start()
        defer { wrong.close() }
        let error = await failure { try await wrong.check() }
        #expect(error?.kind == .refused && error?.isUnavailable == true)
        #expect(error?.message.contains("WRONGPASS") == true)
        #expect("\(String(describing: error))".contains("wrong") == false)
      }
    }

    @Test func aNamedUserAndAnyPasswordServe() async throws {
      let server = try PrivateRedis(password: "s@cret")
      defer { server.remove() }
      try await onLoop {
        let owner = RedisConnection(url: "unix://:s%40cret@\(server.socket)")
        owner.start()
        defer { owner.close() }
        _ = try await owner.command("ACL", "SETUSER", "ann", "on", ">a:b/c?d e%f", "+@all", "~*")
        let ann = RedisConnection(url: "unix://ann:a%3Ab%2Fc%3Fd%20e%25f@\(server.socket)")
        ann.start()
        defer { ann.close() }
        await wait { ann.isReady }
        let name = try await ann.command("ACL", "WHOAMI").string
        #expect(name == "ann")
      }
    }

    /// By the messages that a server says, and what is in the log of them.
    @Test func aWrongPasswordIsToldOnceUntilItIsMended() async throws {
      let server = try PrivateRedis(password: "s@cret")
      defer { server.remove() }
      try await onLoop {
        var report = LoginReport()
        let refused = report.refused(
          RedisError(.server, "ERR unknown command 'AUTH', with args beginning with: 's@cret' "))
        #expect(refused == RedisError(.refused, "ERR unknown command 'AUTH'"))
        #expect(report.refused(RedisError(.server, "LOADING soon")).kind == .unavailable)
        #expect(report.refused(RedisError(.timedOut, "no answer")).kind == .unavailable)

        let none = RedisConnection(url: "unix:\(server.socket)")
        none.start()
        defer { none.close() }
        await wait { none.failures > 2 }
        let error = await failure { try await none.check() }
        #expect(error?.kind == .refused && error?.message.contains("NOAUTH") == true)
        // Who mends it on the server's side restarts nobody.
        let owner = RedisConnection(url: "unix://:s%40cret@\(server.socket)")
        owner.start()
        defer { owner.close() }
        _ = try await owner.command("CONFIG", "SET", "requirepass", "")
        await wait { none.isReady }
        try await none.check()
      }
    }

    @Test func afterARestartThePasswordIsGivenAgain() async throws {
      let server = try PrivateRedis(password: "s@cret")
      defer { server.remove() }
      try await onLoop {
        let redis = RedisConnection(url: "unix://:s%40cret@\(server.socket)")
        redis.start()
        defer { redis.close() }
        await wait { redis.isReady }
        server.kill()
        await wait { !redis.isReady }
        server.start()
        await wait { redis.isReady }
        try await redis.check()
      }
    }

    @Test func aServerThatWasNeverThereIsUnavailable() async throws {
      try await onLoop {
        for url in ["unix:/nowhere/socket", "redis://127.0.0.1:1", "redis://nowhere.invalid"] {
          let redis = RedisConnection(url: url)
          redis.start()
          let error = await failure { try await redis.check() }
          #expect(error?.isUnavailable == true)
          redis.close()
          #expect(await failure { _ = try await redis.command("PING") }?.kind == .unavailable)
        }
      }
    }

    @Test func closingEndsWhatIsUnderWay() async throws {
      let server = try PrivateRedis()
      defer { server.remove() }
      try await onLoop {
        let redis = RedisConnection(url: server.url)
        redis.start()
        await wait { redis.isReady }
        let task = Task {
          try await redis.command(["BLPOP", "nothing", "0"], timeout: .seconds(9))
        }
        await wait { redis.pendingCount == 1 }
        redis.close()
        #expect(await failure { _ = try await task.value }?.kind == .connectionLost)
      }
    }
  }
}
