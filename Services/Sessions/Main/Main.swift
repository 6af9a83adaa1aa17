import Contracts
import ServiceKit
import Sessions

@main struct Main {
  static func main() {
    ServiceHost.run("sessions") { host in
      let database = host.database()
      let outbox = host.outbox(database)
      let gamificationPeer = host.client("gamification")
      let gamification = GamificationClient(gamificationPeer)
      outbox.subscribe("gamification", to: FocusSessions.topic) { payload, context in
        _ = try await gamification.applySession(try SessionChanged(bytes: payload), context)
      }
      gamificationPeer.onReady = { outbox.sweepNow() }
      let users = KnownUsers(
        store: SettingsStore(database), auth: AuthClient(host.client("auth")))
      let sessions = FocusSessions(store: SessionStore(database), users: users) {
        await outbox.deliver($0, $1)
      }
      host.serve(SessionsDispatcher(sessions))
    }
  }
}
