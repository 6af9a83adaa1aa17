import Contracts
import EventLoopTesting
import Security
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct SigningInTests {
  @Test func theRightPasswordSignsIn() async throws {
    try await onLoop {
      let service = try await TestService()
      let first = try await service.register("ann@example.com")
      let second = try await service.login("ANN@example.com")
      #expect(second.user?.id == first.user?.id)
      #expect(second.user?.totalFocusTime == 30.5 && second.user?.totalSessions == 2)
      #expect(try service.claims(second).sessionID != service.claims(first).sessionID)
    }
  }

  @Test func wrongEmailAndWrongPasswordLookAlike() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.register("ann@example.com")
      let password = await refusal {
        try await service.login("ann@example.com", Secret("wrong password"))
      }
      let email = await refusal {
        try await service.login("bob@example.com", Secret("wrong password"))
      }
      #expect(password?.code == .unauthenticated && password?.reason == "invalid_credentials")
      #expect(password == email)
      #expect(try await service.count("devices") == 1)
    }
  }

  @Test func aHashOfAnotherCostIsRenewed() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.register("ann@example.com")
      let stronger = PasswordHash.Cost(kibibytes: 16, passes: 1)
      let old = try PasswordHash.make(TestService.password, cost: stronger)
      try await service.pool.write("UPDATE users SET password_hash = $1", [.string(old)])
      _ = try await service.login("ann@example.com")
      let rows = try await service.pool.read("SELECT password_hash FROM users")
      let hash = rows[0].string("password_hash")
      #expect(hash != old && !PasswordHash.needsRehash(hash, cost: .cheapest))
      _ = try await service.login("ann@example.com")
    }
  }

  @Test func tooManyLoginsAtOnceAreToldToComeBack() async throws {
    try await onLoop {
      let passwords = PasswordHashing(
        threads: 1, queueLimit: 2, cost: PasswordHash.Cost(kibibytes: 4096, passes: 2))
      let service = try await TestService(passwords: passwords)
      let refusals = await parallel(20) {
        await refusal { try await service.login("ann@example.com") }
      }
      let busy = refusals.compactMap(\.self).filter { $0.reason == "busy" }
      #expect(!busy.isEmpty && busy.count < 20)
      #expect(busy.allSatisfy { $0.code == .unavailable && $0.retryAfter == .seconds(1) })
    }
  }

  @Test func withoutGamificationNothingHalfHappens() async throws {
    try await onLoop {
      let service = try await TestService()
      let tokens = try await service.register("ann@example.com")
      service.gamification.isAway = true
      let login = await refusal { try await service.login("ann@example.com") }
      #expect(login?.code == .unavailable)
      #expect(try await service.count("devices") == 1)
      let refresh = await refusal { try await service.refresh(tokens) }
      #expect(refresh?.code == .unavailable)
      service.gamification.isAway = false
      service.clock.advance(seconds: 60)
      _ = try await service.refresh(tokens)
    }
  }
}

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct RefreshTests {
  private func expectInvalid(_ error: RPCError?) {
    #expect(error?.code == .unauthenticated && error?.reason == "invalid_refresh_token")
  }

  @Test func refreshingKeepsTheDevice() async throws {
    try await onLoop {
      let service = try await TestService()
      let first = try await service.register("ann@example.com")
      service.clock.advance(seconds: 600)
      let second = try await service.refresh(first)
      #expect(try service.claims(second).sessionID == service.claims(first).sessionID)
      #expect(try service.claims(second).tokenID != service.claims(first).tokenID)
      #expect(second.refreshToken != first.refreshToken)
      let device = try await service.client.getDevice(
        GetDeviceRequest(id: service.claims(first).sessionID), service.context(second))
      #expect(device.lastSeenAt - device.createdAt == 600_000)
    }
  }

  @Test func parallelTabsEachGetTokens() async throws {
    try await onLoop {
      let service = try await TestService()
      let first = try await service.register("ann@example.com")
      let answers = await parallel(10) { try? await service.refresh(first) }.compactMap(\.self)
      #expect(Set(answers.map(\.refreshToken)).count == 10)
      service.clock.advance(seconds: 30)
      _ = try await service.refresh(first)
      for tokens in answers { _ = try await service.refresh(tokens) }
    }
  }

  @Test func reuseAfterTheGraceSignsTheDeviceOut() async throws {
    try await onLoop {
      let service = try await TestService()
      let first = try await service.register("ann@example.com")
      let second = try await service.refresh(first)
      let other = try await service.login("ann@example.com")
      service.clock.advance(seconds: 31)
      expectInvalid(await refusal { try await service.refresh(first) })
      expectInvalid(await refusal { try await service.refresh(second) })
      #expect(try await service.revocations().sessionIDs == [service.claims(first).sessionID])
      #expect(try await service.count("refresh_tokens") == 1)
      _ = try await service.refresh(other)
    }
  }

  @Test func theGraceIsNotRenewed() async throws {
    try await onLoop {
      let service = try await TestService()
      let first = try await service.register("ann@example.com")
      _ = try await service.refresh(first)
      service.clock.advance(seconds: 20)
      _ = try await service.refresh(first)
      service.clock.advance(seconds: 11)
      expectInvalid(await refusal { try await service.refresh(first) })
    }
  }

  @Test func aTokenThatNobodyUsesExpires() async throws {
    try await onLoop {
      let service = try await TestService()
      let first = try await service.register("ann@example.com")
      service.clock.advance(seconds: 30 * 86_400)
      expectInvalid(await refusal { try await service.refresh(first) })
    }
  }

  @Test func onlyTheHashIsStored() async throws {
    try await onLoop {
      let service = try await TestService()
      let tokens = try await service.register("ann@example.com")
      let rows = try await service.pool.read("SELECT hash FROM refresh_tokens")
      let bytes = try #require(Base64URL.decode(tokens.refreshToken.reveal()))
      #expect(rows.map { $0.bytes("hash") } == [Digest.sha256(bytes)])
    }
  }

  @Test(arguments: ["", "nonsense", String(repeating: "A", count: 43)])
  func unknownTokensAreRefused(_ text: String) async throws {
    try await onLoop {
      let service = try await TestService()
      expectInvalid(
        await refusal {
          try await service.client.refresh(
            RefreshRequest(refreshToken: Secret(text)), service.context())
        })
    }
  }
}
