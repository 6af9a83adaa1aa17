import Contracts
import EventLoopTesting
import Testing

@testable import Sessions

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct SessionPagesTests {
  @Test func pagesNeitherSkipNorRepeatWhileRowsAreAdded() async throws {
    try await onLoop {
      let bench = try await Bench()
      var expected: [String] = []
      for index in 0..<25 {
        // Many end at the same moment: the id decides then.
        let session = try await bench.service.logSession(
          .init(durationMinutes: 1, completedAt: bench.now - Int64(index / 5) * 60_000),
          bench.context)
        expected.append(session.id)
      }
      var seen: [String] = []
      var cursor: String?
      repeat {
        let page = try await bench.service.getLogs(
          .init(limit: 4, cursor: cursor), bench.context)
        seen += page.items.map(\.id)
        cursor = page.nextCursor
        _ = try await bench.service.logSession(.init(durationMinutes: 1), bench.context)
        #expect(page.items.count == 4 || cursor == nil)
      } while cursor != nil
      #expect(seen.count == 25)
      #expect(Set(seen) == Set(expected))
      bench.close()
    }
  }

  @Test func historyIsFiltered() async throws {
    try await onLoop {
      let bench = try await Bench()
      let project = try await bench.projects.createProject(.init(name: "p"), bench.context).id
      let day: Int64 = 86_400_000
      let old = try await bench.service.logSession(
        .init(durationMinutes: 1, completedAt: bench.now - 2 * day), bench.context)
      let rest = try await bench.service.logSession(
        .init(durationMinutes: 1, completedAt: bench.now - day, sessionType: .break), bench.context)
      let own = try await bench.service.logSession(
        .init(durationMinutes: 1, projectID: project), bench.context)
      func ids(_ request: ListSessionsRequest) async throws -> [String] {
        try await bench.service.getHistory(request, bench.context).items.map(\.id)
      }
      #expect(try await ids(.init()) == [own.id, rest.id, old.id])
      #expect(try await ids(.init(type: .break)) == [rest.id])
      #expect(try await ids(.init(projectID: project)) == [own.id])
      #expect(try await ids(.init(from: "2026-11-20")) == [own.id, rest.id])
      #expect(try await ids(.init(to: "2026-11-20")) == [rest.id, old.id])
      #expect(try await ids(.init(from: "2026-11-20", to: "2026-11-20")) == [rest.id])
      #expect(try await ids(.init(from: "2026-11-21T11:00:00Z")) == [own.id])
      #expect(try await ids(.init(to: "2026-11-21T11:00:00+01:00")) == [rest.id, old.id])
      _ = try await bench.service.startSession(.init(), bench.context)
      #expect(try await ids(.init()).count == 3)
      bench.close()
    }
  }
}
