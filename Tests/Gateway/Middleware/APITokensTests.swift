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

  @Test func manyRequestsAskOnce() async throws {
    try await onLoop {
      let auth = TestAuth()
      let tokens = APITokens(auth: AuthClient(auth))
      let text = APIToken().text.reveal()
      let callers = (0..<10).map { _ in
        Task { try await tokens.caller(of: text, requestID: "r") }
      }
      for caller in callers {
        let found = try await caller.value
        #expect(found == Caller(userID: "u", sessionID: "t", role: .user, scope: .read))
      }
      _ = try await tokens.caller(of: text, requestID: "r")
      #expect(auth.calls == 1)
    }
  }

  @Test func nobodyIsAskedAboutWhatIsNoToken() async throws {
    try await onLoop {
      let auth = TestAuth()
      let tokens = APITokens(auth: AuthClient(auth))
      for text in ["", "focal_", String(APIToken().text.reveal().dropLast())] {
        await #expect(throws: RPCError.self) {
          try await tokens.caller(of: text, requestID: "r")
        }
      }
      #expect(auth.calls == 0)
    }
  }

  @Test func aRefusalIsNotRemembered() async throws {
    try await onLoop {
      let auth = TestAuth()
      let tokens = APITokens(auth: AuthClient(auth))
      let text = APIToken().text.reveal()
      auth.isRefusing = true
      await #expect(throws: RPCError.self) { try await tokens.caller(of: text, requestID: "r") }
      auth.isRefusing = false
      auth.token.scope = .write
      let found = try await tokens.caller(of: text, requestID: "r")
      #expect(found.scope == .write && auth.calls == 2)
    }
  }

  @Test func whatHasExpiredIsRefusedThoughRemembered() async throws {
    try await onLoop {
      let auth = TestAuth()
      auth.token.expiresAt = 1
      let tokens = APITokens(auth: AuthClient(auth))
      await #expect(throws: RPCError.self) {
        try await tokens.caller(of: APIToken().text.reveal(), requestID: "r")
      }
    }
  }
}
