import Community
import Contracts
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("community") { host in
      _ = host.database()
      host.serve(CommunityDispatcher(Forum()))
    }
  }
}
