import Contracts
import Gamification
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("gamification") { host in
      let database = host.database()
      let outbox = host.outbox(database)
      let messaging = host.client("messaging")
      outbox.subscribe(
        messaging, to: "notification.raised", MessagingClient(messaging).applyNotification)
      let auth = host.client("auth")
      let catchUp = host.catchUp(
        database, with: [auth, host.client("sessions"), host.client("community")])
      let users = KnownUsers(
        store: SummaryStore(database), auth: AuthClient(auth), upToDate: catchUp.wait)
      let progress = Progress(
        database, host.redis(), users: users, telling: { await outbox.deliver(rows: $0, $1) })
      host.serve(ProgressDispatcher(progress))
    }
  }
}
