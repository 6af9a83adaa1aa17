import Contracts
import EventLoopTesting
import Events
import Postgres
import Testing
import TimeZones
import Wire

@testable import Sessions

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct FocusSessionsTests {
  @Test func aSessionStartsPausesResumesAndStops() async throws {
    try await onLoop {
      let bench = try await Bench()
      let started = try await bench.service.startSession(.init(note: "thesis"), bench.context)
      #expect(started.status == .running)
      #expect(started.isActive)
      #expect(started.sessionType == .work)
      #expect(started.source == .timer)
      #expect(started.endTime == nil)
      #expect(started.timezone == "Europe/Berlin")
      bench.now += 60_000
      #expect(try await bench.service.pauseSession(.init(), bench.context).status == .paused)
      bench.now += 600_000
      #expect(try await bench.service.pauseSession(.init(), bench.context).version == 2)
      #expect(
        try await bench.service.getActiveSession(.init(), bench.context).durationSeconds == 60)
      #expect(try await bench.service.resumeSession(.init(), bench.context).status == .running)
      bench.now += 30_000
      #expect(bench.delivered.isEmpty)
      let stopped = try await bench.service.stopSession(.init(), bench.context)
      #expect(stopped.status == .completed)
      #expect(stopped.durationSeconds == 90)
      #expect(stopped.durationMinutes == 1.5)
      #expect(stopped.pausedSeconds == 600)
      #expect(stopped.completedAt == bench.now)
      #expect(stopped.endTime == bench.now)
      #expect(stopped.note == "thesis")
      #expect(try bench.events.map(\.durationSeconds) == [90])
      #expect(try bench.events.map(\.source) == [.timer])
      await bench.expect(.notFound, "not_active") {
        try await bench.service.getActiveSession(.init(), bench.context)
      }
      await bench.expect(.failedPrecondition, "not_active") {
        try await bench.service.stopSession(.init(), bench.context)
      }
      #expect(try await bench.outboxRows() == 1)
      bench.close()
    }
  }

  /// Sessions that are logged at the same time share a statement: one whose user has other settings
  /// by now is made anew, one that the database refuses fails alone.
  @Test func sessionsLoggedTogetherAreWrittenAsIfAlone() async throws {
    try await onLoop {
      let bench = try await Bench()
      func user(_ number: Int) -> String {
        "01939f0e-0000-7000-8000-0000000000" + String(number + 16, radix: 16)
      }
      for number in 0..<30 {
        _ = try await bench.service.logSession(
          .init(durationMinutes: 1), bench.context(of: user(number)))
      }
      try await bench.pool.write(
        "UPDATE user_settings SET version = 9 WHERE user_id = $1",
        [.uuid(user(3))])
      try await bench.pool.write(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'no'; END $$
        """)
      try await bench.pool.write(
        """
        CREATE TRIGGER refuse BEFORE INSERT ON sessions FOR EACH ROW WHEN (NEW.note = 'no')
        EXECUTE FUNCTION refuse()
        """)
      let tasks = (0..<30).map { number in
        Task {
          try await bench.service.logSession(
            .init(
              durationMinutes: 25, note: number == 7 ? "no" : number % 2 == 0 ? nil : "n\(number)"),
            bench.context(of: user(number)))
        }
      }
      for (number, task) in tasks.enumerated() {
        let session = try? await task.value
        #expect((session == nil) == (number == 7), "\(number)")
        guard let session else { continue }
        let stored = try await bench.service.getSession(
          .init(id: session.id), bench.context(of: user(number)))
        #expect(stored == session)
      }
      #expect(try await bench.outboxRows() == 59)
      bench.close()
    }
  }

  @Test func ofAHundredStartsOneWins() async throws {
    try await onLoop {
      let bench = try await Bench()
      let outcomes = await bench.times(100) {
        do {
          _ = try await bench.service.startSession(.init(), bench.context)
          return "started"
        } catch let error as RPCError {
          return error.reason
        } catch {
          return "\(error)"
        }
      }
      #expect(outcomes.filter { $0 == "started" }.count == 1)
      #expect(outcomes.filter { $0 == "already_active" }.count == 99)
      bench.close()
    }
  }

  @Test func ofManyStopsOneCompletes() async throws {
    try await onLoop {
      let bench = try await Bench()
      _ = try await bench.service.startSession(.init(), bench.context)
      bench.now += 5000
      _ = await bench.times(20) {
        do { _ = try await bench.service.stopSession(.init(), bench.context) } catch {}
      }
      #expect(bench.delivered.count == 1)
      bench.close()
    }
  }

  @Test func aLoggedSessionIsToldOnce() async throws {
    try await onLoop {
      let bench = try await Bench()
      let session = try await bench.service.logSession(
        .init(durationMinutes: 25, userID: bench.userID.uppercased()), bench.context)
      #expect(session.durationSeconds == 1500)
      #expect(session.startTime == bench.now - 1_500_000)
      #expect(session.source == .manual)
      #expect(session.localDate == "2026-11-21")
      let event = try #require(try bench.events.first)
      #expect(event.sessionID == session.id)
      #expect(event.version == 1)
      #expect(event.days.map(\.seconds) == [1500])
      #expect(event.days.map(\.sessions) == [1])
      #expect(try await bench.service.getSession(.init(id: session.id), bench.context) == session)
      bench.close()
    }
  }

  @Test func whatBreaksARuleIsRefused() async throws {
    try await onLoop {
      let bench = try await Bench()
      for request in [
        LogSessionRequest(), .init(durationMinutes: 0), .init(durationMinutes: 1441),
        .init(durationMinutes: 1, completedAt: bench.now + 60_000),
        .init(durationMinutes: 1, completedAt: 0), .init(durationMinutes: 1, durationSeconds: 1),
      ] {
        await bench.expect(.invalidArgument, "invalid") {
          try await bench.service.logSession(request, bench.context)
        }
      }
      await bench.expect(.permissionDenied, "not_yours") {
        try await bench.service.logSession(
          .init(durationMinutes: 1, userID: "someone"), bench.context)
      }
      for request in [
        ListSessionsRequest(from: "yesterday"), .init(to: "2026-13-01"), .init(cursor: "x"),
      ] {
        await bench.expect(.invalidArgument, "invalid") {
          try await bench.service.getHistory(request, bench.context)
        }
      }
      #expect(try await bench.outboxRows() == 0)
      bench.close()
    }
  }

  @Test func sessionsOfOthersAreNotThere() async throws {
    try await onLoop {
      let bench = try await Bench()
      let id = try await bench.service.logSession(.init(durationMinutes: 1), bench.context).id
      let other = bench.context(of: "01939f0e-0000-7000-8000-000000000099")
      await bench.expect(.notFound, "not_found") {
        try await bench.service.getSession(.init(id: id), other)
      }
      await bench.expect(.notFound, "not_found") {
        try await bench.service.updateSession(.init(id: id, note: "mine"), other)
      }
      await bench.expect(.notFound, "not_found") {
        try await bench.service.deleteSession(.init(id: id), other)
      }
      #expect(try await bench.service.getLogs(.init(), other).items.isEmpty)
      bench.close()
    }
  }

  @Test func editsAndDeletionsAreTold() async throws {
    try await onLoop {
      let bench = try await Bench()
      let logged = try await bench.service.logSession(.init(durationMinutes: 30), bench.context)
      let edited = try await bench.service.updateSession(
        .init(id: logged.id, durationMinutes: 10, note: "shorter"), bench.context)
      #expect(edited.endTime == logged.endTime)
      #expect(edited.startTime == bench.now - 600_000)
      #expect(edited.version == 2)
      #expect(edited.note == "shorter")
      let same = try await bench.service.updateSession(
        .init(id: logged.id, durationMinutes: 10), bench.context)
      #expect(same.version == 2)
      _ = try await bench.service.deleteSession(.init(id: logged.id), bench.context)
      #expect(try bench.events.map(\.version) == [1, 2, 3])
      #expect(try bench.events.map(\.deleted) == [false, false, true])
      #expect(try bench.events.map(\.completed) == [true, false, false])
      #expect(try bench.events.map { $0.days.map(\.seconds) } == [[1800], [600], []])
      await bench.expect(.notFound, "not_found") {
        try await bench.service.deleteSession(.init(id: logged.id), bench.context)
      }
      bench.close()
    }
  }

  @Test func anActiveSessionHasNoLengthToEdit() async throws {
    try await onLoop {
      let bench = try await Bench()
      let active = try await bench.service.startSession(.init(), bench.context)
      await bench.expect(.failedPrecondition, "still_active") {
        try await bench.service.updateSession(
          .init(id: active.id, durationMinutes: 1), bench.context)
      }
      let noted = try await bench.service.updateSession(
        .init(id: active.id, note: "n"), bench.context)
      #expect(noted.note == "n")
      _ = try await bench.service.deleteSession(.init(id: active.id), bench.context)
      #expect(bench.delivered.isEmpty)
      _ = try await bench.service.startSession(.init(), bench.context)
      bench.close()
    }
  }
}
