import Contracts
import Security
import Wire

extension DailyQuotes {
  public func createJournal(
    _ request: CreateJournalRequest, _ context: CallContext
  ) async throws -> Journal {
    let userID = try context.userID
    let sessionID = try await ownSession(request.sessionID, context)
    let now = now()
    let journal = Journal(
      id: UUIDv7.makeText(), userID: userID, content: request.content, sessionID: sessionID,
      isFinal: sessionID != nil, createdAt: now, updatedAt: now)
    guard try await journals.add(journal) else { throw Refusal.noAccount }
    return journal
  }

  /// The session, if it is the caller's: its own service says so.
  private func ownSession(_ id: String?, _ context: CallContext) async throws -> String? {
    guard let id else { return nil }
    guard let known = UUIDv7(id)?.text else { throw Refusal.unknownSession }
    do {
      return try await sessions.getSession(GetSessionRequest(id: known), context).id
    } catch let error as RPCError where error.code == .notFound {
      throw Refusal.unknownSession
    }
  }

  public func listJournals(
    _ request: ListJournalsRequest, _ context: CallContext
  ) async throws -> JournalList {
    var cursor: String?
    if let text = request.cursor {
      cursor = UUIDv7(text)?.text
      guard cursor != nil else { throw RPCError.badCursor }
    }
    let limit = Int(request.limit ?? 20)
    // One more than asked for tells whether there is a next page.
    let found = try await journals.page(of: context.userID, before: cursor, limit: limit + 1)
    let items = Array(found.prefix(limit))
    return JournalList(items: items, nextCursor: found.count > limit ? items.last?.id : nil)
  }

  public func getJournal(
    _ request: GetJournalRequest, _ context: CallContext
  ) async throws -> Journal {
    guard let journal = try await journals.journal(request.id, of: context.userID) else {
      throw Refusal.unknownJournal
    }
    return journal
  }

  public func updateJournal(
    _ request: UpdateJournalRequest, _ context: CallContext
  ) async throws -> Journal {
    let userID = try context.userID
    let changed = try await journals.update(
      request.id, of: userID, content: request.content, now: now())
    guard let changed else { throw try await refusal(request.id, of: userID) }
    return changed
  }

  public func deleteJournal(
    _ request: DeleteJournalRequest, _ context: CallContext
  ) async throws -> Empty {
    let userID = try context.userID
    guard try await journals.delete(request.id, of: userID) else {
      throw try await refusal(request.id, of: userID)
    }
    return Empty()
  }

  /// Why a journal was not changed. Whether it is tied to a session never changes.
  private func refusal(_ id: String, of userID: String) async throws -> RPCError {
    guard let journal = try await journals.journal(id, of: userID), journal.isFinal else {
      return Refusal.unknownJournal
    }
    return Refusal.final
  }
}
