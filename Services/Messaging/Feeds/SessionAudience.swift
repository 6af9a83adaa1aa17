import Security

/// Who is to be told of users' sessions: those who follow them, and webhooks. Mostly nobody.
struct SessionAudience {
  struct Answer: Hashable, Sendable {
    var isFollowed: Bool
    var hasWebhook: Bool
  }

  typealias Ask = (_ userIDs: [String]) async throws -> Set<String>

  /// Which of some users are followed.
  let followed: Ask
  /// Which of some users have a webhook for sessions.
  let listeners: Ask

  /// Of one question.
  static let usersMax = 500

  /// Those of the users of whose sessions anybody is to be told.
  func of(_ users: Set<UUIDv7>) async throws -> [UUIDv7: Answer] {
    var found: [UUIDv7: Answer] = [:]
    var rest = Array(users)[...]
    while !rest.isEmpty {
      let asked = rest.prefix(Self.usersMax).map(\.text)
      rest = rest.dropFirst(Self.usersMax)
      let followed = try await followed(asked)
      let listeners = try await listeners(asked)
      for userID in followed.union(listeners) {
        guard let user = UUIDv7(userID) else { continue }
        found[user] = Answer(
          isFollowed: followed.contains(userID), hasWebhook: listeners.contains(userID))
      }
    }
    return found
  }
}
