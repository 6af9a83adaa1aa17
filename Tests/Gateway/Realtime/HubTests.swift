import Contracts
import EventLoop
import EventLoopTesting
import Live
import Testing
import Wire

@testable import Gateway

struct HubTests {
  private typealias Bench = HubBench

  /// Turns the loop until it holds.
  private func until(_ condition: () -> Bool) async {
    let deadline = Deadline.after(.seconds(10))
    while !condition(), !deadline.hasPassed {
      await withCheckedContinuation { continuation in
        _ = EventLoop.shared.schedule(after: .milliseconds(1)) { continuation.resume() }
      }
    }
  }

  @Test func allAreToldTheSameBytesBehindASnapshot() async throws {
    try await onLoop {
      let bench = Bench()
      bench.states.seq = 4
      let ada = try await bench.open("ada")
      let ben = try await bench.open("ben")
      bench.happen(5)
      bench.happen(6)
      #expect(ada.told == ["room_state 4", "timer_update 5", "timer_update 6"])
      #expect(ben.told == ada.told)
      #expect(zip(ada.frames, ben.frames).allSatisfy { $0 === $1 })
    }
  }

  @Test func whatHappensWhileASocketOpensIsNotMissed() async throws {
    try await onLoop {
      let bench = Bench()
      let ada = try await bench.open("ada")
      // One before the snapshot, one behind it.
      bench.states.before = { bench.happen(1) }
      let join = try await bench.join("ben")
      bench.states.before = {}
      bench.happen(2)
      let ben = TestListener("ben")
      bench.hub.attach(join, ben)
      bench.happen(3)
      #expect(ben.told == ["room_state 1", "timer_update 2", "timer_update 3"])
      #expect(ada.told.dropFirst() == ["timer_update 1", "timer_update 2", "timer_update 3"])
    }
  }

  @Test func theFirstSocketMissesNothingEither() async throws {
    try await onLoop {
      let bench = Bench()
      let join = try await bench.join("ada")
      bench.happen(1)
      bench.happen(2)
      let ada = TestListener("ada")
      bench.hub.attach(join, ada)
      #expect(ada.told == ["room_state 0", "timer_update 1", "timer_update 2"])
    }
  }

  @Test func whoComesBackGetsWhatWasMissed() async throws {
    try await onLoop {
      let bench = Bench()
      try await bench.open("ada")
      for seq in 1...4 { bench.happen(Int64(seq)) }
      let ben = try await bench.open("ben", since: 2)
      #expect(ben.told == ["timer_update 3", "timer_update 4"])
      let cleo = try await bench.open("cleo", since: 4)
      #expect(cleo.told.isEmpty)
      let future = try await bench.open("ada", since: 9)
      #expect(future.told == ["room_state 4"])
      bench.feed.log.removeAll { $0.seq == 3 }
      let late = try await bench.open("ben", since: 2)
      #expect(late.told == ["room_state 4"])
    }
  }

  @Test func whatTheFeedLosesComesFromTheLog() async throws {
    try await onLoop {
      let bench = Bench()
      let ada = try await bench.open("ada")
      bench.happen(1, isLost: true)
      bench.happen(2)
      #expect(ada.told == ["room_state 0"])
      await until { ada.told.count == 3 }
      #expect(ada.told == ["room_state 0", "timer_update 1", "timer_update 2"])
      #expect(bench.states.calls == 1)
    }
  }

  @Test func aSnapshotReplacesWhatNobodyKnows() async throws {
    try await onLoop {
      let bench = Bench()
      let ada = try await bench.open("ada")
      let ben = try await bench.open("ben")
      bench.states.people = ["ada"]
      bench.happen(1, isLost: true)
      bench.feed.log.removeAll()
      bench.happen(2)
      await until { ada.told.count == 2 }
      #expect(ada.told == ["room_state 0", "room_state 2"])
      // He has left in what was missed.
      #expect(ben.ends == [.removed])
    }
  }

  @Test func aUsersMessageIsNotSwallowedByASnapshot() async throws {
    try await onLoop {
      let bench = Bench()
      bench.states.seq = 10
      let ada = try await bench.open("ada", Bench.user)
      // Redis has forgotten the numbers: they begin anew.
      bench.happen(1001, Bench.user)
      await until { ada.told.count == 3 }
      #expect(ada.told == ["user_state 10", "user_state 1000", "timer_update 1001"])
    }
  }

  @Test func afterAnOutageAllAreLookedAfter() async throws {
    try await onLoop {
      let bench = Bench()
      let ada = try await bench.open("ada")
      let ben = try await bench.open("ben", Bench.user)
      bench.happen(1, isLost: true)
      bench.happen(2, isLost: true)
      bench.hub.catchUpWithAll()
      await until { ada.told.count == 3 && ben.told.count == 3 }
      #expect(ada.told == ["room_state 0", "timer_update 1", "timer_update 2"])
      #expect(ben.told == ["user_state 0", "timer_update 1", "timer_update 2"])
    }
  }

  @Test func whoIsRemovedIsToldAndEnded() async throws {
    try await onLoop {
      let bench = Bench()
      let ada = try await bench.open("ada")
      let ben = try await bench.open("ben")
      bench.happen(1, removing: ["ben"])
      #expect(ben.told.last == "timer_update 1" && ben.ends == [.removed])
      #expect(ada.ends.isEmpty)
      bench.happen(2, closes: true)
      #expect(ada.ends == [.removed])
    }
  }

  @Test func whoMayNotFollowIsRefusedAndNothingIsLeft() async throws {
    try await onLoop {
      let bench = Bench()
      bench.states.refusals["eve"] = RPCError(.permissionDenied, "not_participant", "No.")
      await #expect(throws: RPCError.self) { try await bench.join("eve") }
      #expect(bench.feed.followed.isEmpty && bench.hub.followings.isEmpty)
    }
  }

  @Test func theLastOneEndsTheFollowing() async throws {
    try await onLoop {
      let bench = Bench()
      let ada = try await bench.open("ada")
      let ben = try await bench.open("ben")
      #expect(bench.feed.followed == [Bench.room])
      bench.hub.leave(ada, Bench.room)
      bench.happen(1)
      #expect(ben.told.count == 2 && ada.told.count == 1)
      bench.hub.leave(ben, Bench.room)
      #expect(bench.feed.followed.isEmpty && bench.hub.followings.isEmpty)
    }
  }

  @Test func aSocketThatTakesTooLongToOpenIsEnded() async throws {
    try await onLoop {
      let bench = Bench()
      try await bench.open("ada")
      let join = try await bench.join("ben")
      for seq in 1...600 { bench.happen(Int64(seq)) }
      let ben = TestListener("ben")
      bench.hub.attach(join, ben)
      #expect(ben.ends == [.overrun])
      let dropped = try await bench.join("cleo")
      bench.hub.drop(dropped)
      let cleo = TestListener("cleo")
      bench.hub.attach(dropped, cleo)
      #expect(cleo.ends == [.overrun] && cleo.frames.isEmpty)
    }
  }
}
