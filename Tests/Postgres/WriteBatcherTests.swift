import EventLoopTesting
import Testing

@testable import Postgres

/// Which writes go together; no server is needed for that.
struct WriteBatcherTests {
  private struct Word: Sendable {
    var key: String
    var number: Int
  }

  private final class Log {
    var batches: [[Int]] = []
    var alone: [Int] = []
    /// What writing several throws.
    var trouble: PostgresError?

    deinit {}
  }

  private func batcher(_ log: Log, keyed: Bool) -> WriteBatcher<Word, Int> {
    WriteBatcher(
      key: keyed ? { $0.key } : nil,
      together: { words throws(PostgresError) in
        log.batches.append(words.map(\.number))
        if let trouble = log.trouble { throw trouble }
        return words.map { $0.number * 10 }
      },
      alone: { word throws(PostgresError) in
        log.alone.append(word.number)
        return word.number * 10
      })
  }

  /// All of them in one turn; nil for what failed.
  private func write(_ words: [Word], _ batcher: WriteBatcher<Word, Int>) async -> [Int?] {
    let tasks = words.map { word in Task { try? await batcher.write(word) } }
    var answers: [Int?] = []
    for task in tasks { answers.append(await task.value) }
    return answers
  }

  private func words(_ keys: [String]) -> [Word] {
    keys.enumerated().map { Word(key: $1, number: $0) }
  }

  @Test func whatComesInOneTurnGoesTogether() async throws {
    try await onLoop {
      let log = Log()
      let answers = await write(words(["a", "a", "b"]), batcher(log, keyed: false))
      #expect(answers == [0, 10, 20])
      #expect(log.batches == [[0, 1, 2]])
      #expect(log.alone.isEmpty)
    }
  }

  @Test func noTwoOfOneKeyAreInABatch() async throws {
    try await onLoop {
      let log = Log()
      let answers = await write(words(["a", "b", "a", "b", "a"]), batcher(log, keyed: true))
      #expect(answers == [0, 10, 20, 30, 40])
      #expect(log.batches == [[0, 1], [2, 3]])
      #expect(log.alone == [4])
    }
  }

  @Test func aBatchIsOfBoundedLength() async throws {
    try await onLoop {
      let log = Log()
      let all = words((0..<130).map { "\($0)" })
      for keyed in [true, false] {
        log.batches = []
        let answers = await write(all, batcher(log, keyed: keyed))
        #expect(answers == all.map { $0.number * 10 })
        #expect(log.batches.map(\.count) == [64, 64, 2])
      }
    }
  }

  @Test func whatIsRefusedTogetherIsTriedAlone() async throws {
    try await onLoop {
      let log = Log()
      log.trouble = PostgresError(.server, "refused")
      let answers = await write(words(["a", "b"]), batcher(log, keyed: true))
      #expect(answers == [0, 10])
      #expect(log.alone == [0, 1])
    }
  }

  @Test func whatIsLostTogetherFailsTogether() async throws {
    try await onLoop {
      let log = Log()
      log.trouble = PostgresError(.connectionLost, "gone")
      let answers = await write(words(["a", "b"]), batcher(log, keyed: true))
      #expect(answers == [nil, nil])
      #expect(log.alone.isEmpty)
    }
  }
}
