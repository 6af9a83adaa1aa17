import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct ProfileTests {
  private let unknown = "01890000-0000-7000-8000-000000000000"

  @Test func othersSeePublicFieldsOnly() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let bob = try await service.register("bob@example.com")
      let request = GetProfileRequest(userID: try #require(ann.user?.id).uppercased())
      let own = try await service.client.getProfile(request, service.context(ann))
      #expect(own.email == "ann@example.com" && own.timezone == "UTC" && own.role == .user)
      #expect(own.totalFocusTime == 30.5 && own.totalSessions == 2)
      let others = try await service.client.getProfile(request, service.context(bob))
      #expect(others.username == "ann" && others.totalSessions == 2)
      #expect(
        others
          == Profile(
            id: own.id, username: "ann", totalFocusTime: 30.5, totalSessions: 2,
            createdAt: own.createdAt))
    }
  }

  @Test func unknownUsersAreNotFound() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      for id in [unknown, "42", ""] {
        let error = await refusal {
          try await service.client.getProfile(GetProfileRequest(userID: id), service.context(ann))
        }
        #expect(error?.code == .notFound)
        let settings = await refusal {
          try await service.client.getSettings(GetSettingsRequest(userID: id), service.context())
        }
        #expect(settings?.code == .notFound)
      }
    }
  }

  @Test func theOwnerAloneChangesAProfile() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let bob = try await service.register("bob@example.com")
      let id = try #require(ann.user?.id)
      service.clock.advance(seconds: 5)
      let request = UpdateProfileRequest(
        userID: id, name: "Ann", timezone: "Asia/Tokyo", dayStartHour: 4, weekStart: .sunday,
        leaderboardOptOut: true, forbidOverlap: true)
      let changed = try await service.client.updateProfile(request, service.context(ann))
      #expect(changed.name == "Ann" && changed.timezone == "Asia/Tokyo")
      #expect(changed.dayStartHour == 4 && changed.weekStart == .sunday)
      #expect(changed.leaderboardOptOut && changed.forbidOverlap)
      #expect(changed.updatedAt == changed.createdAt + 5000)
      #expect(try await service.client.getMe(GetMeRequest(), service.context(ann)) == changed)
      let error = await refusal {
        try await service.client.updateProfile(request, service.context(bob))
      }
      #expect(error?.code == .permissionDenied)
      let settings = try await service.client.getSettings(
        GetSettingsRequest(userID: id), service.context())
      #expect(settings == service.events.last)
      #expect(settings.version == 2 && settings.timezone == "Asia/Tokyo")
    }
  }

  @Test func parallelChangesAllTakeEffect() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let id = try #require(ann.user?.id)
      let context = try service.context(ann)
      let changes: [UpdateProfileRequest] = [
        .init(userID: id, name: "Ann"), .init(userID: id, bio: "me"),
        .init(userID: id, image: "https://example.com/a.png"), .init(userID: id, username: "anna"),
        .init(userID: id, timezone: "Asia/Tokyo"), .init(userID: id, dayStartHour: 4),
        .init(userID: id, weekStart: .sunday), .init(userID: id, forbidOverlap: true),
      ]
      var left = changes[...]
      let refusals = await parallel(changes.count) {
        let change = left.removeFirst()
        return await refusal { try await service.client.updateProfile(change, context) }
      }
      #expect(refusals.allSatisfy { $0 == nil })
      let user = try await service.client.getMe(GetMeRequest(), context)
      #expect(user.name == "Ann" && user.bio == "me" && user.image != nil)
      #expect(user.username == "anna" && user.timezone == "Asia/Tokyo" && user.dayStartHour == 4)
      #expect(user.weekStart == .sunday && user.forbidOverlap)
      #expect(service.events.map(\.version).sorted() == Array(1...9))
    }
  }

  @Test func aTakenUsernameIsAConflict() async throws {
    try await onLoop {
      let service = try await TestService()
      _ = try await service.register("ann@example.com", username: "ann")
      let bob = try await service.register("bob@example.com")
      let id = try #require(bob.user?.id)
      let error = await refusal {
        try await service.client.updateProfile(
          UpdateProfileRequest(userID: id, username: "Ann"), service.context(bob))
      }
      #expect(error?.code == .alreadyExists && error?.reason == "username_taken")
      #expect(error?.violations.map(\.field) == ["username"])
      #expect(service.events.count == 2)
    }
  }

  @Test func whileGamificationIsAwayItsTotalsAreNotMadeUp() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      service.gamification.isAway = true
      let error = await refusal {
        try await service.client.getMe(GetMeRequest(), service.context(ann))
      }
      #expect(error?.code == .unavailable)
    }
  }

  @Test func withoutACallerThereIsNoAnswer() async throws {
    try await onLoop {
      let service = try await TestService()
      let error = await refusal {
        try await service.client.getMe(GetMeRequest(), service.context())
      }
      #expect(error?.code == .unauthenticated)
    }
  }
}
