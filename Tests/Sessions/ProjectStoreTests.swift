import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Sessions

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct ProjectStoreTests {
  private let other = "01939f0e-0000-7000-8000-00000000000b"

  private func projectEvents(_ bench: Bench) async throws -> [ProjectChanged] {
    let rows = try await bench.pool.read(
      "SELECT payload FROM outbox WHERE topic = 'project.changed' ORDER BY id")
    return try rows.map { try ProjectChanged(bytes: $0.bytes("payload")) }
  }

  @Test func eachChangeTellsTheWholeState() async throws {
    try await onLoop {
      let bench = try await Bench()
      let id = try await bench.projects.createProject(.init(name: "Thesis"), bench.context).id
      _ = try await bench.projects.updateProject(
        .init(id: id, name: "Book", visibility: .public), bench.context)
      _ = try await bench.projects.updateProject(.init(id: id, name: "Book"), bench.context)
      _ = try await bench.projects.deleteProject(.init(id: id), bench.context)
      let events = try await projectEvents(bench)
      #expect(events.map(\.version) == [1, 2, 3])
      #expect(events.map(\.name) == ["Thesis", "Book", ""])
      #expect(events.map(\.visibility) == [.private, .public, .public])
      #expect(events.map(\.deleted) == [false, false, true])
      #expect(bench.delivered.count == 3)
      bench.close()
    }
  }

  @Test func aRunningEntryIsNobodysBusiness() async throws {
    try await onLoop {
      let bench = try await Bench()
      let id = try await bench.entries.startTimeEntry(.init(), bench.context).id
      #expect(bench.delivered.isEmpty)
      bench.now += 5000
      _ = try await bench.entries.stopTimeEntry(.init(), bench.context)
      _ = try await bench.entries.updateTimeEntry(.init(id: id, description: "x"), bench.context)
      _ = try await bench.entries.deleteTimeEntry(.init(id: id), bench.context)
      let events = try bench.delivered.map { try TimeEntryChanged(bytes: $0.payload) }
      #expect(events.map(\.version) == [2, 3, 4])
      #expect(events.map(\.deleted) == [false, false, true])
      #expect(events[0].endMs - events[0].startMs == 5000)
      bench.close()
    }
  }

  @Test func aDeletedAccountTakesItsProjectsAlong() async throws {
    try await onLoop {
      let bench = try await Bench()
      let own = try await bench.projects.createProject(.init(name: "Own"), bench.context).id
      let theirs = try await bench.projects.createProject(
        .init(name: "Theirs"), bench.context(of: other)
      ).id
      for (project, owner, member) in [
        (own, bench.userID, other), (theirs, other, bench.userID),
      ] {
        _ = try await bench.projects.addMember(
          .init(id: project, userID: member), bench.context(of: owner))
      }
      for user in [bench.userID, other] {
        _ = try await bench.entries.startTimeEntry(.init(projectID: own), bench.context(of: user))
      }
      var gone = bench.auth.user
      gone.deleted = true
      gone.version = 2
      _ = try await bench.service.applyUser(gone, bench.context)
      let theirContext = bench.context(of: other)
      let left = try await bench.projects.listProjects(.init(), theirContext).items.map(\.id)
      #expect(left == [theirs])
      let members = try await bench.projects.listMembers(.init(id: theirs), theirContext).items
      #expect(members.map(\.userID) == [other])
      #expect(try await bench.entries.listTimeEntries(.init(), bench.context).items.isEmpty)
      let kept = try await bench.entries.listTimeEntries(.init(), theirContext).items
      #expect(kept.map(\.projectID) == [own])
      let told = try await projectEvents(bench).filter(\.deleted)
      #expect(told.map(\.projectID) == [own])
      #expect(told.map(\.version) == [2])
      await bench.expect(.notFound, "no_account") {
        try await bench.projects.createProject(.init(name: "Late"), bench.context)
      }
      bench.close()
    }
  }
  @Test func anExportHoldsEverythingPageByPage() async throws {
    try await onLoop {
      let bench = try await Bench()
      let project = try await bench.projects.createProject(.init(name: "Own"), bench.context).id
      for minute: Int64 in 0..<60 {
        _ = try await bench.service.logSession(
          .init(
            durationMinutes: 1, completedAt: bench.now - minute / 2 * 60_000, note: "\(minute)"),
          bench.context)
        _ = try await bench.entries.createTimeEntry(
          .init(
            projectID: project, startTime: bench.now - 7_200_000,
            endTime: bench.now - minute * 60_000), bench.context)
      }
      _ = try await bench.service.startSession(.init(), bench.context)
      var items: [String] = []
      var cursor: String?
      repeat {
        let request = ExportUserRequest(userID: bench.userID, cursor: cursor, bytesMax: 5000)
        let page = try await bench.service.exportUser(request, bench.context)
        items += page.items.map { "\($0.kind) \($0.data)" }
        cursor = page.nextCursor
      } while cursor != nil
      let kinds = items.map { $0.prefix { $0 != " " } }
      let counts = Dictionary(kinds.map { (String($0), 1) }, uniquingKeysWith: +)
      #expect(
        counts == ["session": 60, "active_session": 1, "time_entry": 60, "project": 1])
      #expect(Set(items).count == items.count)
      bench.close()
    }
  }
}
