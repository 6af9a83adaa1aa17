import Contracts
import EventLoopTesting
import Postgres
import Testing
import Wire

@testable import Quotes

/// Sessions, as far as they are asked whose one is.
private final class SessionSource: Transport {
  var owners: [String: String] = [:]

  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    let id = try GetSessionRequest(bytes: body).id
    guard let owner = owners[id], owner == context.caller?.userID else {
      throw RPCError(.notFound, "not_found", "There is no such session.")
    }
    return try Session(id: id, userID: owner).bytes()
  }
}

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct JournalTests {
  private let anna = "01939f0e-0000-7000-8000-00000000000a"
  private let bert = "01939f0e-0000-7000-8000-00000000000b"
  private let session = "01939f0e-0000-7000-8000-0000000000aa"

  private func context(_ userID: String) -> CallContext {
    CallContext(deadlineNanoseconds: .max, caller: Caller(userID: userID, sessionID: "s"))
  }

  @MainActor private func refusal(_ body: () async throws -> some Any) async -> String? {
    do {
      _ = try await body()
      return nil
    } catch {
      return (error as? RPCError)?.reason
    }
  }

  @Test func whatIsTiedToASessionStaysFinalWithoutIt() async throws {
    try await onLoop {
      let pool = try await ServiceDatabase.pool()
      let sessions = SessionSource()
      sessions.owners[session] = anna
      let service = DailyQuotes(
        store: QuoteStore(pool), journals: JournalStore(pool), sessions: SessionsClient(sessions))
      let journal = try await service.createJournal(
        .init(content: "done", sessionID: session.uppercased()), context(anna))
      #expect(journal.sessionID == session && journal.isFinal)
      sessions.owners = [:]
      let edit = UpdateJournalRequest(id: journal.id, content: "no")
      let deletion = DeleteJournalRequest(id: journal.id)
      let own = [
        await refusal { try await service.updateJournal(edit, context(anna)) },
        await refusal { try await service.deleteJournal(deletion, context(anna)) },
      ]
      #expect(own == ["final", "final"])
      let others = [
        await refusal { try await service.updateJournal(edit, context(bert)) },
        await refusal { try await service.deleteJournal(deletion, context(bert)) },
      ]
      #expect(others == ["not_found", "not_found"])
      let late = await refusal {
        try await service.createJournal(.init(content: "x", sessionID: session), context(anna))
      }
      #expect(late == "no_session")
      pool.close()
    }
  }

  @Test func anErasedUserLeavesNoJournalAndWritesNone() async throws {
    try await onLoop {
      let pool = try await ServiceDatabase.pool()
      let service = DailyQuotes(
        store: QuoteStore(pool), journals: JournalStore(pool),
        sessions: SessionsClient(SessionSource()))
      for number in 0..<3 {
        _ = try await service.createJournal(.init(content: "\(number)"), context(anna))
      }
      _ = try await service.createJournal(.init(content: "stays"), context(bert))
      let export = try await service.exportUser(.init(userID: anna), context(anna))
      #expect(export.items.map(\.kind) == ["journal", "journal", "journal"])
      for _ in 0..<2 {
        _ = try await service.applyUser(
          UserChanged(userID: anna, deleted: true, version: 2), context(anna))
      }
      let left = try await pool.read("SELECT content FROM journals").map { $0.string("content") }
      #expect(left == ["stays"])
      let late = await refusal {
        try await service.createJournal(.init(content: "late"), context(anna))
      }
      #expect(late == "no_account")
      pool.close()
    }
  }
}
