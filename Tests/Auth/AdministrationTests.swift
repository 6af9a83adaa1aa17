import Contracts
import EventLoopTesting
import Security
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct AdministrationTests {
  private func admin(_ service: TestService) async throws -> CallContext {
    let tokens = try await service.register("root@example.com")
    var context = try service.context(tokens)
    context.caller?.role = .admin
    return context
  }

  @Test func aBanSignsOutAndKeepsOut() async throws {
    try await onLoop {
      let service = try await TestService()
      let admin = try await admin(service)
      let ann = try await service.register("ann@example.com")
      let request = UpdateUserRequest(id: ann.user?.id ?? "", banned: true)
      #expect(try await service.client.updateUser(request, admin).banned)
      #expect(try await service.revocations().sessionIDs == [service.claims(ann).sessionID])
      #expect(await refusal { try await service.login("ann@example.com") }?.reason == "banned")
      #expect(await refusal { try await service.refresh(ann) } != nil)
    }
  }

  @Test func aRoleRevokesTokensOfOtherRolesOnly() async throws {
    try await onLoop {
      let service = try await TestService()
      let admin = try await admin(service)
      let ann = try await service.register("ann@example.com")
      let request = UpdateUserRequest(id: ann.user?.id ?? "", role: .moderator)
      _ = try await service.client.updateUser(request, admin)
      let list = try await service.client.listRevocations(
        ListRevocationsRequest(), service.context())
      #expect(list.items.map(\.role) == [.moderator])
      let again = try await service.refresh(ann)
      #expect(try service.claims(again).role == .moderator)
      // Signing out after that revokes all of the device's tokens.
      _ = try await service.client.logout(LogoutRequest(), service.context(again))
      let later = try await service.client.listRevocations(
        ListRevocationsRequest(cursor: list.cursor), service.context())
      #expect(later.items.map(\.role) == [nil])
    }
  }

  @Test func leavingIsToldOnceAndLeavesNothing() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      _ = try await service.client.deleteMe(
        DeleteMeRequest(password: TestService.password), service.context(ann))
      #expect(service.events.last?.deleted == true && service.events.last?.version == 2)
      for table in ["users", "devices", "refresh_tokens", "mails", "mail_tokens"] {
        #expect(try await service.count(table) == 0, "\(table)")
      }
      #expect(try await service.revocations().sessionIDs == [service.claims(ann).sessionID])
    }
  }

  @Test(arguments: [
    ("Ann", "'ann':*"), ("ann@Example.com", "'ann':* & 'example':* & 'com':*"),
    (" ' | x:* ", "'x':*"), ("zoë", "'zoë':*"),
  ])
  func aSearchIsTheBeginningsOfWords(_ text: String, _ condition: String) {
    #expect(UserSearch(text)?.condition == condition)
  }

  @Test(arguments: ["", "  ", "@.-'\"\\"])
  func aSearchWithoutWordsIsNone(_ text: String) { #expect(UserSearch(text) == nil) }
}
