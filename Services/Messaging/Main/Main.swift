import Contracts
import Messaging
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("messaging") { host in
      let database = host.database()
      let notifications = NotificationStore(database)
      let mailroom = Mailroom(
        users: UserStore(database), messages: MessageStore(database),
        conversations: ConversationStore(database), notifications: notifications,
        auth: AuthClient(host.client("auth")))
      let housekeeping = Housekeeping(notifications: notifications)
      host.onStart { housekeeping.start() }
      host.onDrain { _ in housekeeping.stop() }
      host.serve(MessagingDispatcher(mailroom))
    }
  }
}
