import Contracts
import EventLoop
import Postgres
import Wire

/// Tickets for WebSockets: made for who has a token, taken once by the gateway.
public final class Tickets: TicketsService {
  private let store: TicketStore
  private let now: () -> Int64

  public init(pool: PostgresPool, now: @escaping () -> Int64 = { WallClock.milliseconds }) {
    store = TicketStore(pool)
    self.now = now
  }

  public func createTicket(
    _ request: CreateTicketRequest, _ context: CallContext
  ) async throws -> Ticket {
    let caller = try context.signedIn()
    let ticket = OneTimeToken()
    // The token counted when the gateway looked; by now it may not.
    guard try await store.insert(ticket, of: caller, now: now(), context) else {
      throw RPCError(
        .unauthenticated, "invalid_token", "The token is not valid, or no longer.")
    }
    return Ticket(
      ticket: ticket.text, expiresIn: Int32(TicketStore.lifetimeMilliseconds / 1000))
  }

  public func redeemTicket(
    _ request: RedeemTicketRequest, _ context: CallContext
  ) async throws -> TicketHolder {
    guard let ticket = OneTimeToken(parsing: request.ticket),
      let holder = try await store.take(ticket, now: now(), context)
    else {
      throw RPCError(
        .notFound, "invalid_ticket", "The ticket is not valid, or was used before.")
    }
    return holder
  }
}
