import Contracts
import EventLoop
import TimeZones
import Wire

/// Serves the quote of the day.
public final class DailyQuotes {
  private let store: QuoteStore
  /// Milliseconds since the epoch.
  private let now: () -> Int64
  private var today: Quote?

  public init(store: QuoteStore, now: @escaping () -> Int64 = { WallClock.milliseconds }) {
    self.store = store
    self.now = now
  }

  /// The day's quote, chosen and recorded if no process has done so yet.
  private func quote(on date: String) async throws -> Quote {
    // A second attempt: another process may have recorded another day with this choice meanwhile.
    for _ in 0..<2 {
      if let quote = try await store.quote(on: date) { return quote }
      let (cycle, shown) = try await store.currentCycle()
      let quotes = try await store.quoteIDs()
      guard let day = DailyChoice.choose(for: date, from: quotes, shown: shown, cycle: cycle)
      else { throw RPCError(.notFound, "no_quote", "There is no quote yet.") }
      try await store.record(day, on: date)
    }
    guard let quote = try await store.quote(on: date) else {
      throw RPCError(.aborted, "no_quote", "Other processes were choosing too; ask again.")
    }
    return quote
  }

  /// The UTC day, `YYYY-MM-DD`.
  private static func date(at milliseconds: Int64) -> String {
    "\(CivilDate(daysSinceEpoch: Int(milliseconds / 86_400_000)))"
  }
}

extension DailyQuotes: QuotesService {
  public func getToday(_ request: GetTodayRequest, _ context: CallContext) async throws -> Quote {
    let date = Self.date(at: now())
    if let today, today.date == date { return today }
    let quote = try await quote(on: date)
    today = quote
    return quote
  }

  private static let missing = RPCError(
    .unimplemented, "unimplemented", "This is not served yet.")

  public func listQuotes(
    _ request: ListQuotesRequest, _ context: CallContext
  ) async throws -> StoredQuoteList { throw Self.missing }

  public func addQuote(
    _ request: AddQuoteRequest, _ context: CallContext
  ) async throws -> StoredQuote { throw Self.missing }

  public func deleteQuote(
    _ request: DeleteQuoteRequest, _ context: CallContext
  ) async throws -> Empty { throw Self.missing }

  public func createJournal(
    _ request: CreateJournalRequest, _ context: CallContext
  ) async throws -> Journal { throw Self.missing }

  public func listJournals(
    _ request: ListJournalsRequest, _ context: CallContext
  ) async throws -> JournalList { throw Self.missing }

  public func getJournal(
    _ request: GetJournalRequest, _ context: CallContext
  ) async throws -> Journal { throw Self.missing }

  public func updateJournal(
    _ request: UpdateJournalRequest, _ context: CallContext
  ) async throws -> Journal { throw Self.missing }

  public func deleteJournal(
    _ request: DeleteJournalRequest, _ context: CallContext
  ) async throws -> Empty { throw Self.missing }

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: false)
  }
}
