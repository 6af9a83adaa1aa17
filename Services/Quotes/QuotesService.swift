import Contracts
import EventLoop
import TimeZones
import Wire

/// Serves the quote of the day, and the journals that users keep.
public final class DailyQuotes {
  let store: QuoteStore
  let journals: JournalStore
  let sessions: any SessionsService
  /// Milliseconds since the epoch.
  let now: () -> Int64
  private var today: Quote?

  public init(
    store: QuoteStore, journals: JournalStore, sessions: any SessionsService,
    now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    self.store = store
    self.journals = journals
    self.sessions = sessions
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
      else { throw Refusal.noQuote }
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

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    guard request.deleted else { return EventApplied(changed: false) }
    try await journals.erase(request.userID)
    return EventApplied(changed: true)
  }
}
