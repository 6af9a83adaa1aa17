import Contracts
import EventLoopTesting
import Security
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct RegistrationTests {
  @Test func aNewAccountIsSignedIn() async throws {
    try await onLoop {
      let service = try await TestService()
      let tokens = try await service.client.register(
        RegisterRequest(
          email: "Ann@Example.com", password: TestService.password, name: "  Ann  ",
          timezone: "Europe/Berlin"), service.context())
      let user = try #require(tokens.user)
      #expect(user.email == "Ann@Example.com" && user.username == "Ann" && user.name == "  Ann  ")
      #expect(user.timezone == "Europe/Berlin" && user.role == .user && user.weekStart == .monday)
      #expect(user.createdAt == TestService.start && user.updatedAt == TestService.start)
      #expect(user.totalSessions == 0 && user.totalFocusTime == 0)
      #expect(tokens.tokenType == "bearer" && tokens.expiresIn == 900)
      let claims = try service.claims(tokens)
      #expect(claims.userID == user.id && claims.expiresAt - claims.issuedAt == 900)
      service.gamification.totals = UserTotals()
      #expect(try await service.client.getMe(GetMeRequest(), service.context(tokens)) == user)
      #expect(service.events.map(\.version) == [1])
      #expect(service.events.first?.timezone == "Europe/Berlin")
    }
  }

  @Test func allBrokenRulesAreReportedAtOnce() async throws {
    try await onLoop {
      let service = try await TestService()
      let error = await refusal {
        try await service.client.register(
          RegisterRequest(
            email: "nobody", password: Secret("short"), username: "a b", image: "http://x.y",
            timezone: "Mars/Olympus"), service.context())
      }
      #expect(error?.code == .invalidArgument)
      #expect(
        error?.violations.map(\.field) == ["email", "password", "username", "image", "timezone"])
      #expect(try await service.count("users") == 0)
    }
  }

  @Test func emailsAndUsernamesAreUniqueWithoutRegardToCase() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.register("ann@example.com", username: "ann")
      let email = await refusal { try await service.register("ANN@example.com", username: "bob") }
      #expect(email?.code == .alreadyExists && email?.reason == "email_taken")
      #expect(email?.violations.map(\.field) == ["email"])
      let name = await refusal { try await service.register("bob@example.com", username: "ANN") }
      #expect(name?.code == .alreadyExists && name?.reason == "username_taken")
      #expect(name?.violations.map(\.field) == ["username"])
      #expect(try await service.count("users") == 1)
      #expect(service.events.count == 1)
    }
  }

  @Test func aDerivedNameGivesWay() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.register("ann@one.example")
      let second = try await service.register("ann@two.example")
      let name = try #require(second.user?.username)
      #expect(name.hasPrefix("ann-") && name.count > 4)
      #expect(service.events.last?.username == name)
    }
  }

  @Test func parallelRegistrationsOfOneEmailMakeOneAccount() async throws {
    try await onLoop {
      let service = try await TestService()
      let refusals = await parallel(20) {
        await refusal { try await service.register("ann@example.com") }
      }
      #expect(refusals.count { $0 == nil } == 1)
      #expect(refusals.count { $0?.reason == "email_taken" } == 19)
      #expect(try await service.count("users") == 1)
      #expect(try await service.count("devices") == 1)
    }
  }
}
