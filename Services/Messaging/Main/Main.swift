import Contracts
import Messaging
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("messaging") { host in
      let database = host.database()
      let mailroom = Mailroom(database: database, auth: AuthClient(host.client("auth")))
      let housekeeping = Housekeeping(notifications: NotificationStore(database))
      host.onStart { housekeeping.start() }
      host.onDrain { _ in housekeeping.stop() }
      host.serve(MessagingDispatcher(mailroom))
    }
  }
}
