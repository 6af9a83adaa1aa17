import Auth
import Contracts
import Courier
import Events
import RPC
import ServiceKit
import Wire

@main struct Main {
  static func main() {
    ServiceHost.run("auth") { host in
      let tokens = TokenIssuer(
        signer: TokenSettings.signer(host.environment),
        lifetimeMinutes: host.environment.int("JWT_EXPIRE_MINUTES", default: 15, in: 1...1440))
      let pool = host.database()
      let outbox = host.outbox(pool)
      let sender = MailSender(host.environment)
      let mails = MailOutbox(pool: pool) { mail in
        try await sender.send(to: mail.to, subject: mail.subject, text: mail.text)
      }
      let sessions = host.client("sessions")
      let gamification = host.client("gamification")
      let community = host.client("community")
      let messaging = host.client("messaging")
      let quotes = host.client("quotes")
      host.checks.add("gamification") { try await gamification.check(deadline: $0) }

      subscribe(outbox, "sessions", sessions, SessionsClient(sessions).applyUser)
      subscribe(outbox, "gamification", gamification, GamificationClient(gamification).applyUser)
      subscribe(outbox, "community", community, CommunityClient(community).applyUser)
      subscribe(outbox, "messaging", messaging, MessagingClient(messaging).applyUser)
      subscribe(outbox, "quotes", quotes, QuotesClient(quotes).applyUser)

      let housekeeping = Housekeeping(pool: pool)
      host.onStart {
        housekeeping.start()
        mails.start()
      }
      host.onDrain { _ in
        housekeeping.stop()
        mails.stop()
      }
      host.serve(
        AuthDispatcher(
          Accounts(
            pool: pool, outbox: outbox, mails: mails, gamification: gamification, tokens: tokens,
            exporters: [
              SessionsClient(sessions).exportUser, GamificationClient(gamification).exportUser,
              CommunityClient(community).exportUser, MessagingClient(messaging).exportUser,
              QuotesClient(quotes).exportUser,
            ])))
    }
  }

  /// A service hears of every change of an account, and of what it missed when it is back.
  private static func subscribe(
    _ outbox: Outbox, _ name: String, _ client: RPCClient,
    _ apply: @escaping (UserChanged, CallContext) async throws -> EventApplied
  ) {
    outbox.subscribe(name, to: "user.changed") { payload, context in
      _ = try await apply(UserChanged(bytes: payload), context)
    }
    client.onReady = { outbox.sweepNow() }
  }
}
