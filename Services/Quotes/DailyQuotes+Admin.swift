import Contracts
import Security
import Wire

extension DailyQuotes {
  public func listQuotes(
    _ request: ListQuotesRequest, _ context: CallContext
  ) async throws -> StoredQuoteList {
    var cursor: String?
    if let text = request.cursor {
      cursor = UUIDv7(text)?.text
      guard cursor != nil else { throw RPCError.badCursor }
    }
    let limit = Int(request.limit ?? 20)
    let found = try await store.page(after: cursor, limit: limit + 1)
    let items = Array(found.prefix(limit))
    return StoredQuoteList(items: items, nextCursor: found.count > limit ? items.last?.id : nil)
  }

  public func addQuote(
    _ request: AddQuoteRequest, _ context: CallContext
  ) async throws -> StoredQuote {
    try await settleToday()
    let quote = StoredQuote(
      id: UUIDv7.makeText(), text: request.text, author: request.author, source: request.source,
      createdAt: now())
    guard try await store.add(quote) else { throw Refusal.quoteExists }
    return quote
  }

  public func deleteQuote(
    _ request: DeleteQuoteRequest, _ context: CallContext
  ) async throws -> Empty {
    try await settleToday()
    guard try await store.delete(request.id) else { throw Refusal.unknownQuote }
    return Empty()
  }

  /// Chooses the day's quote, if nobody has asked for it yet: a change is one of the days to come.
  private func settleToday() async throws {
    do {
      _ = try await getToday(GetTodayRequest(), CallContext(deadlineNanoseconds: .max))
    } catch let error as RPCError where error.code == .notFound {
      // The first quote of all: the day has none that could change.
    }
  }
}
