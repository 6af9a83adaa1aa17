import EventLoopTesting
import Security
import Testing

@testable import Messaging

struct SessionAudienceTests {
  private struct Away: Error {}

  private let users = (0..<4).map { _ in UUIDv7.make() }

  @Test func onlyThoseAreFoundOfWhomSomebodyIsToBeTold() async throws {
    try await onLoop {
      let audience = SessionAudience(
        followed: { _ in [users[0].text, users[2].text] }, listeners: { _ in [users[2].text] })
      let found = try await audience.of(Set(users))
      #expect(
        found == [
          users[0]: .init(isFollowed: true, hasWebhook: false),
          users[2]: .init(isFollowed: true, hasWebhook: true),
        ])
    }
  }

  @Test func veryManyAreAskedSomeAtATime() async throws {
    try await onLoop {
      let many = (0..<SessionAudience.usersMax * 2 + 1).map { _ in UUIDv7.make() }
      var asked: [Int] = []
      let audience = SessionAudience(
        followed: { users in
          asked.append(users.count)
          return Set(users)
        }, listeners: { _ in [] })
      let found = try await audience.of(Set(many))
      #expect(found.count == many.count)
      #expect(asked == [SessionAudience.usersMax, SessionAudience.usersMax, 1])
    }
  }

  @Test func nobodyIsTakenForUnknownWhileTheAnswersAreAway() async throws {
    try await onLoop {
      let audience = SessionAudience(followed: { _ in [] }, listeners: { _ in throw Away() })
      await #expect(throws: Away.self) { try await audience.of(Set(users)) }
    }
  }
}
