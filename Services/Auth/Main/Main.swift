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
      let shelf = AvatarShelf(
        pool: pool, objects: ObjectStore(host.environment, folder: "avatars"))
      let publicURL = host.environment.optionalURL("PUBLIC_URL", schemes: ["https", "http"])
      let sessions = host.client("sessions")
      let gamification = host.client("gamification")
      let community = host.client("community")
      let messaging = host.client("messaging")
      let quotes = host.client("quotes")
      host.checks.add("gamification") { try await gamification.check(deadline: $0) }

      outbox.subscribe(sessions, to: "user.changed", SessionsClient(sessions).applyUser)
      outbox.subscribe(
        gamification, to: "user.changed", GamificationClient(gamification).applyUser)
      outbox.subscribe(community, to: "user.changed", CommunityClient(community).applyUser)
      outbox.subscribe(messaging, to: "user.changed", MessagingClient(messaging).applyUser)
      outbox.subscribe(quotes, to: "user.changed", QuotesClient(quotes).applyUser)

      let totpKey = host.environment.optionalSecret("TOTP_KEY", bytesMin: 32)
      let otherTOTPKey = host.environment.optionalSecret("TOTP_OTHER_KEY", bytesMin: 32)
      let resealing = Resealing.authenticators(pool, key: totpKey, otherKey: otherTOTPKey)
      let housekeeping = Housekeeping(pool: pool)
      host.onStart {
        housekeeping.start()
        mails.start()
        shelf.start()
        resealing?.start()
      }
      host.onDrain { _ in
        housekeeping.stop()
        mails.stop()
        shelf.stop()
        resealing?.stop()
      }
      host.serve(RetriesDispatcher(KeptAnswers(pool: pool)))
      host.serve(TicketsDispatcher(Tickets(pool: pool)))
      host.serve(
        AvatarsDispatcher(
          AvatarDesk(pool: pool, shelf: shelf, outbox: outbox, publicURL: publicURL)))
      host.serve(
        AuthDispatcher(
          Accounts(
            pool: pool, outbox: outbox, mails: mails, gamification: gamification, tokens: tokens,
            exporters: [
              SessionsClient(sessions).exportUser, GamificationClient(gamification).exportUser,
              CommunityClient(community).exportUser, MessagingClient(messaging).exportUser,
              QuotesClient(quotes).exportUser,
            ], totpKey: totpKey, otherTOTPKey: otherTOTPKey)))
    }
  }
}
