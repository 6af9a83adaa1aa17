import Contracts
import Gamification
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("gamification") { host in
      let database = host.database()
      let users = KnownUsers(
        store: SummaryStore(database), auth: AuthClient(host.client("auth")))
      let progress = Progress(
        days: DayStore(database), users: users, cache: MetricsCache(host.redis()))
      host.serve(ProgressDispatcher(progress))
    }
  }
}
