import Contracts
import EventLoop
import EventLoopTesting
import Postgres
import RPC
import Security
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct KeptAnswerTests {
  /// The memory of answers with a database of its own, and a clock that tests move.
  private final class Memory {
    let pool: PostgresPool
    let clock = TestClock()
    let client: RetriesClient
    let id = RandomBytes.make(32)
    let content = RandomBytes.make(32)

    init() async throws {
      pool = try await TestDatabase.pool()
      let answers = KeptAnswers(pool: pool, now: { [clock] in clock.now })
      client = RetriesClient(InProcessTransport(RetriesDispatcher(answers)))
    }

    isolated deinit { pool.close() }

    func context(_ limit: Duration = .seconds(5)) -> CallContext {
      CallContext(deadlineNanoseconds: Deadline.after(limit).nanoseconds)
    }

    func reserve(
      _ reservation: String = UUIDv7.makeText(), content: [UInt8]? = nil,
      repeatable: Bool = false, within limit: Duration = .seconds(5)
    ) async throws -> ReserveAnswerReply {
      try await client.reserveAnswer(
        ReserveAnswerRequest(
          id: id, fingerprint: content ?? self.content, reservation: reservation,
          leaseMs: 10_000, repeatable: repeatable), context(limit))
    }

    func keep(_ answer: [UInt8], _ reservation: String) async throws -> Bool {
      try await client.keepAnswer(
        KeepAnswerRequest(id: id, reservation: reservation, answer: answer), context()
      ).done
    }

    func release(_ reservation: String, didNothing: Bool) async throws -> Bool {
      try await client.releaseAnswer(
        ReleaseAnswerRequest(id: id, reservation: reservation, didNothing: didNothing), context()
      ).done
    }
  }

  @Test func theFirstRunsAndTheOthersGetItsAnswer() async throws {
    try await onLoop {
      let memory = try await Memory()
      let first = UUIDv7.makeText()
      #expect(try await memory.reserve(first).state == .reserved)
      // Its own message may have come twice.
      #expect(try await memory.reserve(first).state == .reserved)
      let waiting = Task { try await memory.reserve() }
      #expect(try await memory.keep([1, 2, 3], first))
      let second = try await waiting.value
      #expect(second == ReserveAnswerReply(state: .kept, answer: [1, 2, 3]))
      #expect(try await memory.reserve(content: RandomBytes.make(32)).state == .reused)
    }
  }

  @Test func aRunningRequestIsWaitedForUntilTheDeadline() async throws {
    try await onLoop {
      let memory = try await Memory()
      #expect(try await memory.reserve().state == .reserved)
      #expect(try await memory.reserve(within: .milliseconds(700)).state == .running)
    }
  }

  @Test func whatDidNothingMayRunAgain() async throws {
    try await onLoop {
      let memory = try await Memory()
      let first = UUIDv7.makeText()
      #expect(try await memory.reserve(first).state == .reserved)
      #expect(try await memory.release(first, didNothing: true))
      #expect(try await memory.reserve(content: RandomBytes.make(32)).state == .reserved)
      #expect(try await memory.keep([1], first) == false)
    }
  }

  @Test(arguments: [true, false])
  func whatNobodyKnowsRunsAgainOnlyWhereThatDoesNoHarm(isLost: Bool) async throws {
    try await onLoop {
      let memory = try await Memory()
      let first = UUIDv7.makeText()
      #expect(try await memory.reserve(first).state == .reserved)
      if isLost {
        // The gateway was killed.
        memory.clock.advance(seconds: 11)
      } else {
        #expect(try await memory.release(first, didNothing: false))
      }
      #expect(try await memory.reserve().state == .unknown)
      let other = try await memory.reserve(content: RandomBytes.make(32), repeatable: true)
      #expect(other.state == .reused)
      #expect(try await memory.reserve(repeatable: true).state == .reserved)
    }
  }

  @Test func anAnswerIsKeptForADay() async throws {
    try await onLoop {
      let memory = try await Memory()
      let first = UUIDv7.makeText()
      #expect(try await memory.reserve(first).state == .reserved)
      #expect(try await memory.keep([7], first))
      memory.clock.advance(seconds: 24 * 3600 - 1)
      #expect(try await memory.reserve().state == .kept)
      memory.clock.advance(seconds: 1)
      #expect(try await memory.reserve(content: RandomBytes.make(32)).state == .reserved)
    }
  }

  @Test func whatNamesNoAnswerIsRefused() async throws {
    try await onLoop {
      let memory = try await Memory()
      for (id, reservation) in [([1], UUIDv7.makeText()), (memory.id, "x")] {
        let error = await refusal {
          try await memory.client.keepAnswer(
            KeepAnswerRequest(id: id, reservation: reservation, answer: [1]), memory.context())
        }
        #expect(error?.code == .invalidArgument)
      }
    }
  }
}
