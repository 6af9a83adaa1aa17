/// Who is to be told of users' sessions: those who follow them, and webhooks. Mostly nobody.
///
/// Under load many sessions come at once: what is asked while a question is under way goes together
/// with the next.
final class SessionAudience {
  struct Answer: Hashable, Sendable {
    var isFollowed: Bool
    var hasWebhook: Bool
    var isNobody: Bool { !isFollowed && !hasWebhook }
  }

  typealias Ask = (_ userIDs: [String]) async throws -> Set<String>
  private typealias Waiter = UnsafeContinuation<Result<Answer, any Error>, Never>

  private let followed: Ask
  private let listeners: Ask
  private var waiting: [String: [Waiter]] = [:]
  private var isAsking = false

  private static let usersMax = 500

  /// - Parameters:
  ///   - followed: which of some users are followed.
  ///   - listeners: which of them have a webhook for sessions.
  init(followed: @escaping Ask, listeners: @escaping Ask) {
    self.followed = followed
    self.listeners = listeners
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  func of(_ userID: String) async throws -> Answer {
    try await withUnsafeContinuation { (waiter: Waiter) in
      waiting[userID, default: []].append(waiter)
      guard !isAsking else { return }
      isAsking = true
      // It begins when all that comes in this turn is there.
      Task { await ask() }
    }.get()
  }

  private func ask() async {
    while !waiting.isEmpty {
      let userIDs = Array(waiting.keys.prefix(Self.usersMax))
      let asked = userIDs.map { (userID: $0, waiters: waiting.removeValue(forKey: $0) ?? []) }
      do {
        let followed = try await followed(userIDs)
        let listeners = try await listeners(userIDs)
        for (userID, waiters) in asked {
          let answer = Answer(
            isFollowed: followed.contains(userID), hasWebhook: listeners.contains(userID))
          for waiter in waiters { waiter.resume(returning: .success(answer)) }
        }
      } catch {
        for (_, waiters) in asked {
          for waiter in waiters { waiter.resume(returning: .failure(error)) }
        }
      }
    }
    isAsking = false
  }
}
