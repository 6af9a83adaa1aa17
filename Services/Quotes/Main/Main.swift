import Contracts
import Quotes
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("quotes") { host in
      host.serve(QuotesDispatcher(DailyQuotes(store: QuoteStore(host.database()))))
    }
  }
}
