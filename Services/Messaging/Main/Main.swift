import Contracts
import Messaging
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("messaging") { host in
      _ = host.database()
      host.serve(MessagingDispatcher(Mailroom()))
    }
  }
}
