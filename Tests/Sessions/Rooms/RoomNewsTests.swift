import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Sessions

/// What those who follow a room are told.
@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct RoomNewsTests {
  private let minute: Int64 = 60_000

  /// Types and numbers.
  private func outline(_ events: [LiveEvent]) -> [String] {
    events.map { "\($0.seq) \($0.type.name)" }
  }

  @Test func whoComesAndGoesIsTold() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      try await bench.join(bench.user(1), room)
      try await bench.join(bench.user(1), room)
      try await bench.leave(bench.user(1), room)
      try await bench.leave(bench.user(1), room)
      let told = try bench.told(room)
      #expect(outline(told) == ["1 participant_joined", "2 participant_left"])
      #expect(told[0].data.contains(#""user_id":"\#(bench.user(1))""#))
      #expect(told[0].data.contains(#""status":"active","is_host":false,"joined_at":"2026-11-21T"#))
      #expect(told.map(\.removedUserIDs) == [[], [bench.user(1)]])
      #expect(told[0].serverTimeMs == bench.now)
      bench.close()
    }
  }

  @Test func theTimerIsToldAsItIsAnswered() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      let context = bench.context(of: bench.host)
      _ = try await bench.start(room)
      _ = try await bench.start(room)
      let timer = try await bench.rooms.getTimer(.init(roomID: room.id), context)
      let told = try bench.told(room)
      #expect(outline(told) == ["1 timer_update"])
      #expect(
        told[0].data == """
          {"room_id":"\(room.id)","status":"RUNNING","phase":"WORK","remaining_seconds":1500,\
          "duration_seconds":1500,"started_at":"2026-11-21T12:00:00.000Z",\
          "ends_at":"2026-11-21T12:25:00.000Z","server_time":"2026-11-21T12:00:00.000Z",\
          "cycle":1,"version":\(timer.version)}
          """)
      bench.close()
    }
  }

  @Test func missedPhasesAreToldWithTheirOwnTimes() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom(
        .init(
          name: "Deep work", workDuration: 25, breakDuration: 5, autoStartBreak: true))
      _ = try await bench.start(room)
      bench.now += 45 * minute
      // A read notices it, and tells the same that the keeper would.
      let timer = try await bench.rooms.getTimer(
        .init(roomID: room.id), bench.context(of: bench.host))
      #expect(timer.status == .completed)
      try await bench.keep()
      let told = try bench.told(room)
      #expect(
        outline(told) == [
          "1 timer_update", "2 session_completed", "3 session_completed", "4 timer_update",
        ])
      #expect(told[1].data.contains(#""phase":"WORK","cycle":1,"duration_seconds":1500"#))
      #expect(told[1].data.contains(#""completed_at":"2026-11-21T12:25:00.000Z""#))
      #expect(told[2].data.contains(#""phase":"BREAK","cycle":1,"duration_seconds":300"#))
      #expect(told[2].data.contains(#""completed_at":"2026-11-21T12:30:00.000Z""#))
      #expect(told[3].data.contains(#""status":"COMPLETED","phase":"BREAK""#))
      bench.close()
    }
  }

  @Test func aChangedRoomIsToldWithoutItsCode() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      try await bench.join(bench.user(1), room)
      let context = bench.context(of: bench.host)
      let update = UpdateRoomRequest(roomID: room.id, name: "Thesis", visibility: .private)
      let changed = try await bench.rooms.updateRoom(update, context)
      _ = try await bench.rooms.updateRoom(update, context)
      // A new code changes nothing that is to be told.
      _ = try await bench.rooms.renewInviteCode(.init(roomID: room.id), context)
      let told = try bench.told(room)
      #expect(outline(told) == ["1 participant_joined", "2 room_state"])
      #expect(told[1].data.contains(#""name":"Thesis""#))
      #expect(told[1].data.contains(#""version":\#(changed.version)}"#))
      #expect(!told[1].data.contains("invite_code"))
      #expect(told[1].data.contains(#""user_id":"\#(bench.user(1))""#))
      bench.close()
    }
  }

  @Test func aRoomThatIsHandedOverIsTold() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      try await bench.join(bench.user(1), room)
      try await bench.leave(bench.host, room)
      let told = try bench.told(room)
      #expect(
        outline(told) == ["1 participant_joined", "2 participant_left", "3 room_state"])
      #expect(told[1].data.contains(#""is_host":true"#))
      #expect(told[2].data.contains(#""host_id":"\#(bench.user(1))""#))
      #expect(told[2].data.contains(#""is_host":true"#))
      bench.close()
    }
  }

  @Test func aClosedRoomIsTheLastThingThatIsTold() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      _ = try await bench.start(room)
      bench.now += minute
      let context = bench.context(of: bench.host)
      _ = try await bench.rooms.deleteRoom(.init(roomID: room.id), context)
      _ = try await bench.rooms.deleteRoom(.init(roomID: room.id), context)
      let told = try bench.told(room)
      #expect(outline(told) == ["1 timer_update", "2 session_completed", "3 room_state"])
      #expect(told.map(\.closed) == [false, false, true])
      #expect(told[2].data.contains(#""is_active":false"#))
      #expect(told[2].data.contains(#""participants":[]"#))
      bench.close()
    }
  }

  @Test func numbersHaveNoGapsUnderParallelChanges() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      let tasks = (1...100).map { number in
        Task {
          switch number % 3 {
          case 0: _ = try await bench.start(room)
          case 1: try await bench.join(bench.user(number), room)
          default:
            _ = try await bench.rooms.pauseTimer(
              .init(roomID: room.id), bench.context(of: bench.host))
          }
        }
      }
      for task in tasks { try await task.value }
      // Two commits may end in the same turn of the loop: gateways put what they tell in order.
      let told = try bench.told(room).sorted { $0.seq < $1.seq }
      #expect(told.map(\.seq) == (1...Int64(told.count)).map { $0 })
      let rows = try await bench.pool.read(
        "SELECT payload FROM outbox WHERE topic = 'live.room' ORDER BY id")
      let written = try rows.map { try LiveEvent(bytes: $0.bytes("payload")) }
      #expect(Set(written) == Set(told))
      #expect(told.count > 34)
      let last = try await bench.pool.read(
        "SELECT live_seq FROM rooms WHERE id = $1", [.uuid(room.id)])
      #expect(last.first?.int("live_seq") == told.count)
      bench.close()
    }
  }
}
