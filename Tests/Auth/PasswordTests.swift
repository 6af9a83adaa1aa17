import Contracts
import EventLoopTesting
import Security
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct PasswordTests {
  static let new = Secret("another fine password")

  @Test func changingItSignsTheOtherDevicesOut() async throws {
    try await onLoop {
      let service = try await TestService()
      let first = try await service.register("ann@example.com")
      let second = try await service.login("ann@example.com")
      _ = try await service.client.changePassword(
        ChangePasswordRequest(currentPassword: TestService.password, newPassword: Self.new),
        service.context(first))
      let revoked = try await service.revocations().sessionIDs
      #expect(try revoked == [service.claims(second).sessionID])
      _ = try await service.refresh(first)
      let old = await refusal { try await service.login("ann@example.com") }
      #expect(old?.reason == "invalid_credentials")
      _ = try await service.login("ann@example.com", Self.new)
    }
  }

  @Test func aMailedTokenResetsItOnce() async throws {
    try await onLoop {
      let service = try await TestService()
      let tokens = try await service.register("ann@example.com")
      _ = try await service.client.forgotPassword(
        ForgotPasswordRequest(email: "ANN@example.com"), service.context())
      let token = try await service.mailedToken("new password")
      let request = ResetPasswordRequest(token: token, newPassword: Self.new)
      let results = await parallel(20) {
        await refusal { try await service.client.resetPassword(request, service.context()) }
      }
      let refusals = results.compactMap(\.self)
      #expect(refusals.count == 19 && refusals.allSatisfy { $0.reason == "invalid_token" })
      #expect(await refusal { try await service.refresh(tokens) } != nil)
      #expect(try await service.login("ann@example.com", Self.new).user?.emailVerified == true)
    }
  }

  @Test func aTokenIsGoodForAnHour() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.register("ann@example.com")
      let token = try await service.mailedToken("Confirm")
      service.clock.advance(seconds: 3600)
      let late = await refusal {
        try await service.client.verifyEmail(
          VerifyEmailRequest(token: token), service.context())
      }
      #expect(late?.reason == "invalid_token")
    }
  }

  @Test func aLoginUnderWayEndsWithTheOldPassword() async throws {
    try await onLoop {
      let service = try await TestService()
      let tokens = try await service.register("ann@example.com")
      let userID = try #require(tokens.user?.id)
      let credentials = try #require(
        try await service.accounts.accounts.credentials(of: userID, service.context()))
      _ = try await service.client.changePassword(
        ChangePasswordRequest(currentPassword: TestService.password, newPassword: Self.new),
        service.context(tokens))
      let device = service.accounts.tokens.device(
        id: UUIDv7.makeText(), nil, now: service.clock.now)
      let isIn = try await service.accounts.devices.insert(
        device, userID: userID, passwordHash: credentials.passwordHash, now: service.clock.now,
        service.context())
      #expect(!isIn)
    }
  }
}

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct MailOutboxTests {
  @Test func whatCannotBeSentIsTriedAgain() async throws {
    try await onLoop {
      let service = try await TestService()
      service.mailbox.isAway = true
      _ = try await service.register("ann@example.com")
      await service.mails.sendAll()
      #expect(try await service.count("mails") == 1)
      service.mailbox.isAway = false
      await service.mails.sendAll()
      #expect(service.mailbox.mails.isEmpty)
      service.clock.advance(seconds: 61)
      await service.mails.sendAll()
      #expect(service.mailbox.mails.map(\.to) == ["ann@example.com"])
      #expect(try await service.count("mails") == 0)
    }
  }

  @Test func whoIsUnknownGetsNone() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.client.forgotPassword(
        ForgotPasswordRequest(email: "nobody@example.com"), service.context())
      await service.mails.sendAll()
      while try await service.count("mails") > 0 { await service.mails.sendAll() }
      #expect(service.mailbox.mails.isEmpty)
    }
  }

  @Test func noTokenIsStoredButAsItsHash() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.register("ann@example.com")
      let token = try await service.mailedToken("Confirm")
      let bytes = try #require(Base64URL.decode(token.reveal()))
      let rows = try await service.pool.read("SELECT hash FROM mail_tokens")
      #expect(rows.map { $0.bytes("hash") } == [Digest.sha256(bytes)])
    }
  }
}
