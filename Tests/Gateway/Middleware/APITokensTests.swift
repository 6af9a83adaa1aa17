import Contracts
import EventLoopTesting
import Security
import Testing
import Wire

@testable import Gateway

@Suite struct APITokensTests {
  /// Auth, as far as it is asked.
  private final class TestAuth: Transport {
    var token = VerifiedApiToken(tokenID: "t", userID: "u", scope: .read)
    var isRefusing = false
    private(set) var calls = 0

    func call(
      _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
    ) async throws -> [UInt8] {
      calls += 1
      if isRefusing { throw RPCError(.unauthenticated, "invalid_token", "No.") }
      return try token.bytes()
    }
  }

  private func strangers(_ limit: Int = 100) -> Strangers {
    Strangers(RatePolicy(name: "read", limit: limit, seconds: 60))
  }

  @Test func manyRequestsAskOnce() async throws {
    try await onLoop {
      let auth = TestAuth()
      let tokens = APITokens(auth: AuthClient(auth), strangers: strangers())
      let text = APIToken().text.reveal()
      let callers = (0..<10).map { _ in
        Task { try await tokens.caller(of: text, from: "192.0.2.1", requestID: "r") }
      }
      for caller in callers {
        let found = try await caller.value
        #expect(found == Caller(userID: "u", sessionID: "t", role: .user, scope: .read))
      }
      _ = try await tokens.caller(of: text, from: "192.0.2.1", requestID: "r")
      #expect(auth.calls == 1)
    }
  }

  @Test func nobodyIsAskedAboutWhatIsNoToken() async throws {
    try await onLoop {
      let auth = TestAuth()
      let tokens = APITokens(auth: AuthClient(auth), strangers: strangers())
      for text in ["", "focal_", String(APIToken().text.reveal().dropLast())] {
        await #expect(throws: RPCError.self) {
          try await tokens.caller(of: text, from: "192.0.2.1", requestID: "r")
        }
      }
      #expect(auth.calls == 0)
    }
  }

  @Test func aRefusalIsNotRemembered() async throws {
    try await onLoop {
      let auth = TestAuth()
      let tokens = APITokens(auth: AuthClient(auth), strangers: strangers())
      let text = APIToken().text.reveal()
      auth.isRefusing = true
      await #expect(throws: RPCError.self) {
        try await tokens.caller(of: text, from: "192.0.2.1", requestID: "r")
      }
      auth.isRefusing = false
      auth.token.scope = .write
      let found = try await tokens.caller(of: text, from: "192.0.2.1", requestID: "r")
      #expect(found.scope == .write && auth.calls == 2)
    }
  }

  @Test func whoIsWrongTooOftenIsNotAskedFor() async throws {
    try await onLoop {
      let auth = TestAuth()
      let tokens = APITokens(auth: AuthClient(auth), strangers: strangers(3))
      let known = APIToken().text.reveal()
      _ = try await tokens.caller(of: known, from: "192.0.2.1", requestID: "r")
      auth.isRefusing = true
      var codes: [RPCError.Code] = []
      for _ in 0..<5 {
        do {
          _ = try await tokens.caller(
            of: APIToken().text.reveal(), from: "192.0.2.1", requestID: "r")
        } catch let error as RPCError {
          codes.append(error.code)
        }
      }
      let refused = RPCError.Code.unauthenticated
      #expect(codes == [refused, refused, refused, .resourceExhausted, .resourceExhausted])
      #expect(auth.calls == 4)
      auth.isRefusing = false
      // Whoever is known goes on, and so does every other address.
      _ = try await tokens.caller(of: known, from: "192.0.2.1", requestID: "r")
      _ = try await tokens.caller(of: APIToken().text.reveal(), from: "192.0.2.2", requestID: "r")
    }
  }

  @Test func whatHasExpiredIsRefusedThoughRemembered() async throws {
    try await onLoop {
      let auth = TestAuth()
      auth.token.expiresAt = 1
      let tokens = APITokens(auth: AuthClient(auth), strangers: strangers())
      await #expect(throws: RPCError.self) {
        try await tokens.caller(of: APIToken().text.reveal(), from: "192.0.2.1", requestID: "r")
      }
    }
  }
}
