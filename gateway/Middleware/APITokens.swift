import Contracts
import EventLoop
import Security
import Wire

/// Callers with a personal API token: auth is asked, and what it said is remembered for less than a
/// second, so that a token's end acts within one.
final class APITokens {
  private struct Known {
    let token: VerifiedApiToken
    /// Monotonic nanoseconds.
    let until: UInt64
  }

  private let auth: AuthClient
  private let strangers: Strangers
  private var known: [String: Known] = [:]
  private var textsByID: [String: String] = [:]
  /// Questions under way: many requests with one token ask once.
  private var asked: [String: Task<VerifiedApiToken, any Error>] = [:]

  private static let rememberedFor = Duration.milliseconds(700)
  private static let knownMax = 4096
  private static let callLimit = Duration.seconds(2)

  init(auth: AuthClient, strangers: Strangers) {
    self.auth = auth
    self.strangers = strangers
  }

  /// Whether it says of itself that it is an API token.
  static func isOne(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > APIToken.prefix.utf8CodeUnitCount
      && bytes.starts(
        with: UnsafeBufferPointer(
          start: APIToken.prefix.utf8Start, count: APIToken.prefix.utf8CodeUnitCount))
  }

  /// On whose behalf a token speaks: a user's, whatever role its owner has. Throws 401 for one that
  /// does not count, 429 to an address from which there were too many of these.
  func caller(
    of text: String, from client: String, requestID: String
  ) async throws(RPCError) -> Caller {
    try await verified(text, from: client, requestID: requestID).caller
  }

  /// The token itself. Throws as `caller`.
  func verified(
    _ text: String, from client: String, requestID: String
  ) async throws(RPCError) -> VerifiedApiToken {
    // Its checksum first: nobody is asked about what is none.
    guard APIToken(parsing: Secret(text)) != nil else { throw Problems.badToken }
    let token: VerifiedApiToken
    if let found = known[text], EventLoop.shared.now < found.until {
      token = found.token
    } else {
      try strangers.admit(client)
      do { token = try await ask(text, requestID) } catch {
        if error.code == .unauthenticated { strangers.failed(client) }
        throw error
      }
    }
    guard token.expiresAt == 0 || token.expiresAt > WallClock.milliseconds else {
      throw Problems.badToken
    }
    return token
  }

  /// What was known of a token that has ended counts no more.
  func forget(tokenID: String) {
    if let text = textsByID.removeValue(forKey: tokenID) { known[text] = nil }
  }

  private func ask(_ text: String, _ requestID: String) async throws(RPCError) -> VerifiedApiToken {
    let task = asked[text] ?? begin(text, requestID)
    do {
      return try await task.value
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.internal, "internal", "\(error)")
    }
  }

  private func begin(_ text: String, _ requestID: String) -> Task<VerifiedApiToken, any Error> {
    let task = Task { [auth] in
      defer { asked[text] = nil }
      // From here on: what happens to the token while auth answers is not in the answer.
      let until = Deadline.after(Self.rememberedFor).nanoseconds
      let context = CallContext(
        deadlineNanoseconds: Deadline.after(Self.callLimit).nanoseconds, requestID: requestID)
      let token = try await auth.verifyApiToken(
        VerifyApiTokenRequest(token: Secret(text)), context)
      if known.count >= Self.knownMax {
        known.removeAll(keepingCapacity: true)
        textsByID.removeAll(keepingCapacity: true)
      }
      known[text] = Known(token: token, until: until)
      textsByID[token.tokenID] = text
      return token
    }
    asked[text] = task
    return task
  }
}

extension VerifiedApiToken {
  var caller: Caller {
    Caller(
      userID: userID, sessionID: tokenID, role: .user, scope: scope == .write ? .write : .read)
  }
}
