import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Sessions

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct SettingsTests {
  @Test func settingsAreAskedForOnceAndThenFollowEvents() async throws {
    try await onLoop {
      let bench = try await Bench()
      let request = LogSessionRequest(durationMinutes: 1)
      #expect(
        try await bench.service.logSession(request, bench.context).timezone == "Europe/Berlin")
      #expect(
        try await bench.service.logSession(request, bench.context).timezone == "Europe/Berlin")
      #expect(bench.auth.callCount == 1)
      bench.auth.user.timezone = "Asia/Tokyo"
      bench.auth.user.version = 2
      #expect(try await bench.service.applyUser(bench.auth.user, bench.context).changed)
      #expect(try await !bench.service.applyUser(bench.auth.user, bench.context).changed)
      #expect(try await bench.service.logSession(request, bench.context).timezone == "Asia/Tokyo")
      bench.close()
    }
  }

  @Test func settingsThatAnotherProcessTookAreSeen() async throws {
    try await onLoop {
      let bench = try await Bench()
      let request = LogSessionRequest(durationMinutes: 1)
      _ = try await bench.service.logSession(request, bench.context)
      bench.auth.user.timezone = "Asia/Tokyo"
      bench.auth.user.version = 2
      let other = KnownUsers(store: SettingsStore(bench.pool), auth: AuthClient(bench.auth))
      _ = try await other.apply(bench.auth.user, bench.context)
      #expect(try await bench.service.logSession(request, bench.context).timezone == "Asia/Tokyo")
      #expect(try await bench.outboxRows() == 2)
      bench.close()
    }
  }

  @Test func overlapsAreRefusedWhereTheUserSaysSo() async throws {
    try await onLoop {
      let bench = try await Bench()
      bench.auth.user.forbidOverlap = true
      let end = bench.now - 3_600_000
      let first = try await bench.service.logSession(
        .init(durationMinutes: 30, completedAt: end), bench.context)
      // Half-open: one after the other do not overlap.
      _ = try await bench.service.logSession(
        .init(durationMinutes: 30, completedAt: end - 1_800_000), bench.context)
      await bench.expect(.failedPrecondition, "overlap") {
        try await bench.service.logSession(
          .init(durationMinutes: 30, completedAt: end - 1000), bench.context)
      }
      await bench.expect(.failedPrecondition, "overlap") {
        try await bench.service.updateSession(
          .init(id: first.id, durationMinutes: 31), bench.context)
      }
      _ = try await bench.service.updateSession(
        .init(id: first.id, durationMinutes: 29), bench.context)
      // A running session takes part.
      _ = try await bench.service.startSession(.init(), bench.context)
      bench.now += 60_000
      await bench.expect(.failedPrecondition, "overlap") {
        try await bench.service.logSession(.init(durationSeconds: 30), bench.context)
      }
      bench.close()
    }
  }

  @Test func ofOverlappingLogsAtOnceOneWins() async throws {
    try await onLoop {
      let bench = try await Bench()
      bench.auth.user.forbidOverlap = true
      _ = try await bench.service.getLogs(.init(from: "2026-01-01"), bench.context)
      _ = await bench.times(12) {
        do {
          _ = try await bench.service.logSession(.init(durationMinutes: 5), bench.context)
        } catch {}
      }
      #expect(bench.delivered.count == 1)
      bench.close()
    }
  }

  @Test func aDeletedAccountKeepsNothing() async throws {
    try await onLoop {
      let bench = try await Bench()
      _ = try await bench.service.logSession(.init(durationMinutes: 1), bench.context)
      bench.auth.user.deleted = true
      bench.auth.user.version = 2
      _ = try await bench.service.applyUser(bench.auth.user, bench.context)
      #expect(try await bench.service.getLogs(.init(), bench.context).items.isEmpty)
      await bench.expect(.notFound, "no_account") {
        try await bench.service.logSession(.init(durationMinutes: 1), bench.context)
      }
      bench.close()
    }
  }
}
