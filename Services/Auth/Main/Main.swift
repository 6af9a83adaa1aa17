import Auth
import Contracts
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("auth") { host in
      let tokens = TokenIssuer(
        signer: TokenSettings.signer(host.environment),
        lifetimeMinutes: host.environment.int("JWT_EXPIRE_MINUTES", default: 15, in: 1...1440))
      let pool = host.database()
      let outbox = host.outbox(pool)
      let sessions = host.client("sessions")
      let gamification = host.client("gamification")
      host.checks.add("gamification") { try await gamification.check(deadline: $0) }

      outbox.subscribe("sessions", to: "user.changed") { payload, context in
        _ = try await SessionsClient(sessions).applyUser(UserChanged(bytes: payload), context)
      }
      outbox.subscribe("gamification", to: "user.changed") { payload, context in
        _ = try await GamificationClient(gamification).applyUser(
          UserChanged(bytes: payload), context)
      }
      let community = host.client("community")
      outbox.subscribe("community", to: "user.changed") { payload, context in
        _ = try await CommunityClient(community).applyUser(UserChanged(bytes: payload), context)
      }
      let messaging = host.client("messaging")
      outbox.subscribe("messaging", to: "user.changed") { payload, context in
        _ = try await MessagingClient(messaging).applyUser(UserChanged(bytes: payload), context)
      }
      let quotes = host.client("quotes")
      outbox.subscribe("quotes", to: "user.changed") { payload, context in
        _ = try await QuotesClient(quotes).applyUser(UserChanged(bytes: payload), context)
      }
      for peer in [sessions, gamification, community, messaging, quotes] {
        peer.onReady = { outbox.sweepNow() }
      }

      let housekeeping = Housekeeping(pool: pool)
      host.onStart { housekeeping.start() }
      host.onDrain { _ in housekeeping.stop() }
      host.serve(
        AuthDispatcher(
          Accounts(pool: pool, outbox: outbox, gamification: gamification, tokens: tokens)))
    }
  }
}
