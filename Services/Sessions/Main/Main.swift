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
      outbox.subscribe("gamification", to: Projects.topic) { payload, context in
        _ = try await gamification.applyProject(try ProjectChanged(bytes: payload), context)
      }
      outbox.subscribe("gamification", to: TimeEntries.topic) { payload, context in
        _ = try await gamification.applyTimeEntry(try TimeEntryChanged(bytes: payload), context)
      }
      gamificationPeer.onReady = { outbox.sweepNow() }
      let users = KnownUsers(
        store: SettingsStore(database), auth: AuthClient(host.client("auth")))
      let deliver: FocusSessions.Delivery = { await outbox.deliver($0, $1) }
      let projects = ProjectStore(database)
      host.serve(
        SessionsDispatcher(
          FocusSessions(
            store: SessionStore(database), projects: projects, users: users, deliver: deliver)))
      host.serve(
        ProjectsDispatcher(
          Projects(
            store: projects, members: MemberStore(database), users: users, deliver: deliver)))
      host.serve(
        TimeEntriesDispatcher(
          TimeEntries(
            store: EntryStore(database), activity: ActivityStore(database), projects: projects,
            users: users, deliver: deliver)))
    }
  }
}
