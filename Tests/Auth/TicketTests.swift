import Contracts
import EventLoop
import EventLoopTesting
import RPC
import Security
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct TicketTests {
  /// The service with its tickets, by the same clock.
  private struct Desk {
    let service: TestService
    let tickets: TicketsClient

    init() async throws {
      service = try await TestService()
      tickets = TicketsClient(
        InProcessTransport(
          TicketsDispatcher(
            Tickets(pool: service.pool, now: { [clock = service.clock] in clock.now }))))
    }

    func make(_ context: CallContext) async throws -> Secret {
      try await tickets.createTicket(CreateTicketRequest(), context).ticket
    }

    /// Nil: it is not taken.
    func redeem(_ ticket: Secret) async throws -> TicketHolder? {
      do {
        return try await tickets.redeemTicket(
          RedeemTicketRequest(ticket: ticket), service.context())
      } catch let error as RPCError where error.code == .notFound {
        return nil
      }
    }

    /// The context of a call with a new API token.
    func apiToken(_ scope: TokenScope, of tokens: Tokens) async throws -> (CallContext, id: String)
    {
      let token = try await service.client.createApiToken(
        CreateApiTokenRequest(name: "script", scope: scope), service.context(tokens))
      var context = try service.context(tokens)
      context.caller?.sessionID = token.id
      context.caller?.scope = scope == .read ? .read : .write
      return (context, token.id)
    }
  }

  @Test func aTicketIsTakenOnce() async throws {
    try await onLoop {
      let desk = try await Desk()
      let tokens = try await desk.service.register("ada@example.com")
      let claims = try desk.service.claims(tokens)
      let ticket = try await desk.make(desk.service.context(tokens))
      let holder = try #require(try await desk.redeem(ticket))
      #expect(holder.userID == claims.userID && holder.sessionID == claims.sessionID)
      #expect(holder.role == .user && !holder.readOnly)
      #expect(holder.expiresAtMs == Int64(claims.expiresAt) * 1000)
      let again = try await desk.redeem(ticket)
      #expect(again == nil)
      let unknown = try await desk.redeem(Secret("AAAA"))
      #expect(unknown == nil)
    }
  }

  @Test func oneOfManyAtOnceTakesIt() async throws {
    try await onLoop {
      let desk = try await Desk()
      let tokens = try await desk.service.register("ada@example.com")
      let ticket = try await desk.make(desk.service.context(tokens))
      let tries = (0..<20).map { _ in Task { try await desk.redeem(ticket) } }
      var taken = 0
      for one in tries where try await one.value != nil { taken += 1 }
      #expect(taken == 1)
    }
  }

  @Test func anOldTicketIsNoTicket() async throws {
    try await onLoop {
      let desk = try await Desk()
      let tokens = try await desk.service.register("ada@example.com")
      let ticket = try await desk.make(desk.service.context(tokens))
      desk.service.clock.now += TicketStore.lifetimeMilliseconds
      let holder = try await desk.redeem(ticket)
      #expect(holder == nil)
      desk.service.clock.now += 1
      await Housekeeping(
        pool: desk.service.pool, now: { [clock = desk.service.clock] in clock.now }
      ).tidy()
      let left = try await desk.service.count("tickets")
      #expect(left == 0)
    }
  }

  @Test func whoIsSignedOutHoldsNoTicket() async throws {
    try await onLoop {
      let desk = try await Desk()
      let tokens = try await desk.service.register("ada@example.com")
      let context = try desk.service.context(tokens)
      let ticket = try await desk.make(context)
      _ = try await desk.service.client.logout(LogoutRequest(), context)
      let holder = try await desk.redeem(ticket)
      #expect(holder == nil)
      await #expect(throws: RPCError.self) { try await desk.make(context) }
    }
  }

  @Test func anAPITokensTicketSaysWhatItMay() async throws {
    try await onLoop {
      let desk = try await Desk()
      let tokens = try await desk.service.register("ada@example.com")
      let (reading, id) = try await desk.apiToken(.read, of: tokens)
      let holder = try await desk.redeem(desk.make(reading))
      #expect(holder?.sessionID == id && holder?.readOnly == true && holder?.expiresAtMs == 0)
      let (writing, _) = try await desk.apiToken(.write, of: tokens)
      let writer = try await desk.redeem(desk.make(writing))
      #expect(writer?.readOnly == false)

      let ticket = try await desk.make(reading)
      let before = try await desk.service.revocations()
      _ = try await desk.service.client.deleteApiToken(
        DeleteApiTokenRequest(id: id), desk.service.context(tokens))
      let late = try await desk.redeem(ticket)
      #expect(late == nil)
      let told = try await desk.service.revocations(after: before.cursor)
      #expect(told.sessionIDs.contains(id))
    }
  }
}
