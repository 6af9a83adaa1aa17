import Contracts
import Quotes
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("quotes") { host in
      let database = host.database()
      host.serve(
        QuotesDispatcher(
          DailyQuotes(
            store: QuoteStore(database), journals: JournalStore(database),
            sessions: SessionsClient(host.client("sessions")))))
    }
  }
}
