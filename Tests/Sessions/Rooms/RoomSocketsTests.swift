import Contracts
import EventLoopTesting
import Testing
import Wire

@testable import Sessions

@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct RoomSocketsTests {
  private let grace = RoomBench.graceMilliseconds

  @Test func whoFollowsSeesTheRoomWithItsNumber() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom(.init(name: "Deep work", visibility: .private))
      let code = room.inviteCode
      _ = try await bench.rooms.joinRoom(
        .init(roomID: room.id, inviteCode: code), bench.context(of: bench.user(1)))
      _ = try await bench.start(room)
      let first = try await bench.follow(bench.host, room)
      // The second time there is nothing to write.
      let second = try await bench.follow(bench.host, room)
      #expect(first == second)
      #expect(first.seq == 2)
      #expect(first.state?.timer?.status == .running)
      #expect(first.state?.room?.inviteCode == nil)
      #expect(first.state?.participants.map(\.userID) == [bench.host, bench.user(1)])
      #expect(first.state?.participants.map(\.isHost) == [true, false])
      bench.close()
    }
  }

  @Test func onlyWhoIsInTheRoomFollowsIt() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let open = try await bench.makeRoom()
      let hidden = try await bench.makeRoom(.init(name: "Hidden", visibility: .private))
      await #expect(throws: RoomRefusal.notParticipant) {
        try await bench.follow(bench.user(1), open)
      }
      await #expect(throws: RoomRefusal.notFound) {
        try await bench.follow(bench.user(1), hidden)
      }
      _ = try await bench.rooms.deleteRoom(.init(roomID: open.id), bench.context(of: bench.host))
      await #expect(throws: RoomRefusal.closed) { try await bench.follow(bench.host, open) }
      await #expect(throws: RoomRefusal.badGateway) {
        try await bench.follow(bench.host, hidden, on: "a,b")
      }
      bench.close()
    }
  }

  @Test func whoFollowsSeesAPhaseThatRanOut() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      _ = try await bench.follow(bench.host, room)
      _ = try await bench.start(room)
      bench.now += 26 * 60_000
      let followed = try await bench.follow(bench.host, room)
      #expect(followed.state?.timer?.status == .completed)
      #expect(followed.seq == 3)
      bench.close()
    }
  }

  @Test func whoIsGoneForTheGraceIsIdleUntilTheyAreBack() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      _ = try await bench.follow(bench.host, room, on: "g1")
      _ = try await bench.follow(bench.host, room, on: "g2")
      try await bench.unfollow(bench.host, room, on: "g1")
      bench.now += 10 * grace
      try await bench.presence.finishGrace()
      try await bench.unfollow(bench.host, room, on: "g2")
      bench.now += grace - 1
      try await bench.presence.finishGrace()
      let before = try bench.told(room)
      #expect(before.isEmpty)
      bench.now += 1
      try await bench.presence.finishGrace()
      try await bench.presence.finishGrace()
      let idle = try await bench.people(room)
      #expect(idle.map(\.status) == [.idle])
      let back = try await bench.follow(bench.host, room)
      #expect(back.state?.participants.map(\.status) == [.active])
      #expect(back.seq == 2)
      let told = try bench.told(room)
      #expect(told.map(\.type) == [.participantStatus, .participantStatus])
      #expect(told[0].data.contains(#""status":"idle""#))
      #expect(told[1].data.contains(#""status":"active""#))
      bench.close()
    }
  }

  @Test func whatSomebodyChoseOutlivesTheirSocket() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      let me = try await bench.follow(bench.host, room).state?.participants.first
      let context = bench.context(of: bench.host)
      let idle = try await bench.rooms.updateParticipant(
        .init(participantID: me?.id ?? "", status: .idle), context)
      #expect(idle.status == .idle)
      try await bench.unfollow(bench.host, room)
      bench.now += grace
      try await bench.presence.finishGrace()
      let back = try await bench.follow(bench.host, room)
      #expect(back.state?.participants.map(\.status) == [.idle])
      let active = try await bench.sockets.setRoomStatus(
        .init(roomID: room.id, status: .active), context)
      #expect(active.status == .active)
      let told = try bench.told(room)
      #expect(told.map(\.seq) == [1, 2])
      bench.close()
    }
  }

  @Test func lostSocketsCostNoTime() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      _ = try await bench.follow(bench.host, room)
      _ = try await bench.start(room)
      try await bench.unfollow(bench.host, room)
      bench.now += 30 * 60_000
      try await bench.presence.finishGrace()
      try await bench.keep()
      let earned = try await bench.earned(room)
      #expect(earned.map(\.seconds) == [1500])
      bench.close()
    }
  }

  @Test func whoLeavesAndComesAgainBeginsAnew() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      try await bench.join(bench.user(1), room)
      _ = try await bench.start(room)
      _ = try await bench.follow(bench.user(1), room)
      try await bench.leave(bench.user(1), room)
      try await bench.unfollow(bench.user(1), room)
      try await bench.join(bench.user(1), room)
      bench.now += 10 * grace
      try await bench.presence.finishGrace()
      let people = try await bench.people(room)
      #expect(people.map(\.status) == [.active, .active])
      bench.close()
    }
  }

  @Test func aSilentGatewayLosesItsLinks() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      let context = CallContext(deadlineNanoseconds: .max)
      _ = try await bench.sockets.keepGateway(.init(gatewayID: "g1"), context)
      try await bench.join(bench.user(1), room)
      _ = try await bench.follow(bench.host, room, on: "g1")
      _ = try await bench.follow(bench.user(1), room, on: "g2")
      let second: UInt64 = 1_000_000_000
      try await bench.presence.lookAtGateways(monotonic: 0)
      for moment in 1...3 {
        bench.now += 15_000
        _ = try await bench.sockets.keepGateway(.init(gatewayID: "g2"), context)
        try await bench.presence.lookAtGateways(monotonic: UInt64(moment) * 15 * second)
      }
      bench.now += grace
      try await bench.presence.finishGrace()
      let people = try await bench.people(room)
      #expect(people.map(\.status) == [.idle, .active])
      // It does not come back under its id, and is forgotten in time.
      await #expect(throws: RoomRefusal.gatewayForgotten) {
        try await bench.sockets.keepGateway(.init(gatewayID: "g1"), context)
      }
      await #expect(throws: RoomRefusal.gatewayForgotten) {
        try await bench.follow(bench.host, room, on: "g1")
      }
      bench.now += 600_000
      try await bench.presence.lookAtGateways(monotonic: 46 * second)
      let left = try await bench.sockets.gateways.all()
      #expect(left.map(\.id) == ["g2"])
      bench.close()
    }
  }

  @Test func aGatewayThatEndsLosesItsLinksAtOnce() async throws {
    try await onLoop {
      let bench = try await RoomBench()
      let room = try await bench.makeRoom()
      _ = try await bench.follow(bench.host, room)
      _ = try await bench.sockets.keepGateway(
        .init(gatewayID: "g1", leaving: true), CallContext(deadlineNanoseconds: .max))
      try await bench.presence.lookAtGateways(monotonic: 0)
      bench.now += grace
      try await bench.presence.finishGrace()
      let people = try await bench.people(room)
      #expect(people.map(\.status) == [.idle])
      bench.close()
    }
  }
}
