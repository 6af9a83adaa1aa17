import Contracts
import Gamification
import Live
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("gamification") { host in
      let database = host.database()
      let redis = host.redis()
      let outbox = host.outbox(database)
      let messaging = host.client("messaging")
      outbox.subscribe(
        messaging, to: "notification.raised", MessagingClient(messaging).applyNotification)
      let auth = host.client("auth")
      let catchUp = host.catchUp(
        database, with: [auth, host.client("sessions"), host.client("community")])
      let users = KnownUsers(store: SummaryStore(database), auth: AuthClient(auth))
      let progress = Progress(
        database, redis, users: users, upToDate: { try await catchUp.upToDate($0, $1) },
        telling: { await outbox.deliver(rows: $0, $1) })
      let live = LiveProgress(
        progress, audience: LiveAudience(redis).followed, publish: host.live(redis).publish)
      progress.whenChanged(live.changed)
      outbox.subscribe(inBackground: "live", to: "notification.raised") { payload, _ in
        try await live.tell(NotificationRaised(bytes: payload))
      }
      host.serve(ProgressDispatcher(progress))
    }
  }
}
