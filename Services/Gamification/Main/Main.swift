import Contracts
import Gamification
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("gamification") { host in
      let database = host.database()
      let outbox = host.outbox(database)
      let messaging = host.client("messaging")
      outbox.subscribe("messaging", to: "notification.raised") { payload, context in
        _ = try await MessagingClient(messaging).applyNotification(
          NotificationRaised(bytes: payload), context)
      }
      messaging.onReady = { outbox.sweepNow() }
      let users = KnownUsers(
        store: SummaryStore(database), auth: AuthClient(host.client("auth")))
      let progress = Progress(
        database, host.redis(), users: users, telling: { await outbox.deliver(rows: $0, $1) })
      host.serve(ProgressDispatcher(progress))
    }
  }
}
