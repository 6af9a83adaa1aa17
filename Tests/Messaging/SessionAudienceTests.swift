import EventLoopTesting
import Testing

@testable import Messaging

struct SessionAudienceTests {
  private struct Away: Error {}

  @Test func whatIsAskedTogetherIsOneQuestion() async throws {
    try await onLoop {
      var questions: [Set<String>] = []
      let audience = SessionAudience(
        followed: { asked in
          questions.append(Set(asked))
          return ["anna"]
        },
        listeners: { _ in ["bert"] })
      let asked = ["anna", "bert", "cleo", "anna"]
      let tasks = asked.map { user in Task { try await audience.of(user) } }
      var answers: [SessionAudience.Answer] = []
      for task in tasks { answers.append(try await task.value) }
      #expect(answers.map(\.isFollowed) == [true, false, false, true])
      #expect(answers.map(\.hasWebhook) == [false, true, false, false])
      #expect(answers.map(\.isNobody) == [false, false, true, false])
      #expect(questions == [["anna", "bert", "cleo"]])
    }
  }

  @Test func whoeverAsksInVainMayAskAgain() async throws {
    try await onLoop {
      var isAway = true
      let audience = SessionAudience(
        followed: { _ in
          if isAway { throw Away() }
          return []
        },
        listeners: { _ in [] })
      await #expect(throws: Away.self) { try await audience.of("anna") }
      isAway = false
      let answer = try await audience.of("anna")
      #expect(answer.isNobody)
    }
  }
}
