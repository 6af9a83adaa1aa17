import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Sessions

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct RoomKeepingTests {
  private let minute: Int64 = 60_000

  @Test func aPhaseThatRanOutIsFinishedAtItsOwnTime() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      try await bench.join(bench.user(1), room)
      let began = bench.now
      let timer = try await bench.start(room)
      bench.now += 90 * minute
      try await bench.keep()
      try await bench.keep()
      let all = [bench.host, bench.user(1)].map {
        RoomBench.Earned(userID: $0, start: began, end: began + 25 * minute, seconds: 1500)
      }
      let earned = try await bench.earned(room)
      #expect(earned == all)
      #expect(timer.endsAt == began + 25 * minute)
      #expect(bench.count(topic: FocusSessions.topic) == 2)
      #expect(bench.count(topic: FocusRooms.notices) == 2)
      bench.close()
    }
  }

  @Test func whoComesAfterTheDeadlineEarnsNothingOfThePhase() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      _ = try await bench.start(room)
      bench.now += 26 * minute
      // Nobody has noticed yet that the phase is over: joining does.
      try await bench.join(bench.user(1), room)
      let earned = try await bench.earned(room)
      #expect(earned.map(\.userID) == [bench.host])
      bench.close()
    }
  }

  @Test func whoComesAndGoesEarnsEachStay() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      let began = bench.now
      _ = try await bench.start(room)
      bench.now += minute
      try await bench.join(bench.user(1), room)
      bench.now += 2 * minute
      try await bench.leave(bench.user(1), room)
      bench.now += 3 * minute
      try await bench.join(bench.user(1), room)
      bench.now += 4 * minute
      try await bench.leave(bench.user(1), room)
      bench.now += 60 * minute
      try await bench.keep()
      let earned = try await bench.earned(room)
      #expect(
        earned.last
          == RoomBench.Earned(
            userID: bench.user(1), start: began + minute, end: began + 10 * minute, seconds: 360))
      #expect(bench.count(topic: FocusRooms.notices) == 1)
      bench.close()
    }
  }

  @Test func anEmptyRoomIsClosedAndLaterRemoved() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      try await bench.leave(bench.host, room)
      bench.now += FocusRoom.emptyMilliseconds - 1
      try await bench.keep()
      let context = bench.context(of: bench.host)
      let waiting = try await bench.rooms.getRoom(.init(roomID: room.id), context)
      #expect(waiting.isActive)
      bench.now += 1
      try await bench.keep()
      let closed = try await bench.rooms.getRoom(.init(roomID: room.id), context)
      #expect(!closed.isActive)
      bench.now += FocusRoom.closedMilliseconds
      try await bench.keep()
      await #expect(throws: RoomRefusal.notFound) {
        try await bench.rooms.getRoom(.init(roomID: room.id), context)
      }
      bench.close()
    }
  }

  @Test func aForgottenRoomIsClosedAndCreditsWhatElapsed() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      _ = try await bench.start(room)
      bench.now += 5 * minute
      _ = try await bench.rooms.pauseTimer(
        .init(roomID: room.id), bench.context(of: bench.host))
      bench.now += FocusRoom.forgottenMilliseconds
      try await bench.keep()
      let earned = try await bench.earned(room)
      #expect(earned.map(\.seconds) == [300])
      bench.close()
    }
  }

  @Test func aRoomTakesNoMoreThanItsBound() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      for number in 1..<FocusRoom.participantsMax { try await bench.join(bench.user(number), room) }
      await #expect(throws: RoomRefusal.full) {
        try await bench.join(bench.user(FocusRoom.participantsMax), room)
      }
      _ = try await bench.start(room)
      bench.now += 25 * minute
      try await bench.keep()
      let earned = try await bench.earned(room)
      #expect(earned.count == FocusRoom.participantsMax)
      bench.close()
    }
  }

  @Test func aDeletedUserLeavesAndEarnsNothing() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      try await bench.join(bench.user(1), room)
      _ = try await bench.start(room)
      bench.now += minute
      let gone = UserChanged(userID: bench.host, timezone: "UTC", deleted: true, version: 2)
      _ = try await bench.users.apply(gone, bench.context(of: bench.host))
      let context = bench.context(of: bench.user(1))
      let left = try await bench.rooms.getRoom(.init(roomID: room.id), context)
      #expect(left.hostID == bench.user(1))
      #expect(left.participantCount == 1)
      bench.now += 60 * minute
      try await bench.keep()
      let earned = try await bench.earned(room)
      #expect(earned.map(\.userID) == [bench.user(1)])
      bench.close()
    }
  }
}
