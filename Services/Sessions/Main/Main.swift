import Contracts
import ServiceKit
import Sessions

@main struct Main {
  static func main() {
    ServiceHost.run("sessions") { host in
      let database = host.database()
      let redis = host.redis()
      let outbox = host.outbox(database, redis)
      let gamification = host.client("gamification")
      let counting = GamificationClient(gamification)
      outbox.subscribe(gamification, to: FocusSessions.topic, counting.applySession)
      outbox.subscribe(stream: "messaging", to: FocusSessions.topic)
      outbox.subscribe(gamification, to: Projects.topic, counting.applyProject)
      outbox.subscribe(gamification, to: TimeEntries.topic, counting.applyTimeEntry)
      let messaging = host.client("messaging")
      outbox.subscribe(
        messaging, to: FocusRooms.notices, MessagingClient(messaging).applyNotification)
      host.tell([FocusRooms.live], of: outbox, through: host.live(redis))
      let users = KnownUsers(
        store: SettingsStore(database), auth: AuthClient(host.client("auth")))
      let deliver: FocusSessions.Delivery = { await outbox.deliver($0, $1) }
      let projects = ProjectStore(database)
      host.serve(
        SessionsDispatcher(
          FocusSessions(
            store: SessionStore(database), projects: projects, users: users,
            export: FocusSessions.export(database), deliver: deliver)))
      host.serve(
        ProjectsDispatcher(
          Projects(
            store: projects, members: MemberStore(database), users: users, deliver: deliver)))
      host.serve(
        TimeEntriesDispatcher(
          TimeEntries(
            store: EntryStore(database), activity: ActivityStore(database), projects: projects,
            users: users, deliver: deliver)))
      let rooms = FocusRooms(store: RoomStore(database), users: users, deliver: deliver)
      users.whenErased { try await rooms.forget($0, $1) }
      let keeper = RoomKeeper(rooms)
      host.onStart { keeper.start() }
      host.onDrain { _ in keeper.stop() }
      host.serve(RoomsDispatcher(rooms))
      let sockets = RoomSockets(rooms, gateways: GatewayStore(database))
      let grace = host.environment.double("ROOM_GRACE_SECONDS", default: 30, in: 0...3600)
      let presence = PresenceKeeper(sockets, graceMilliseconds: Int64(grace * 1000))
      host.onStart { presence.start() }
      host.onDrain { _ in presence.stop() }
      host.serve(RoomSocketsDispatcher(sockets))
    }
  }
}
