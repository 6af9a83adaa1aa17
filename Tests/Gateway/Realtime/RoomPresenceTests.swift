import Contracts
import EventLoop
import EventLoopTesting
import RPC
import Testing
import Wire

@testable import Gateway

struct RoomPresenceTests {
  /// Sessions, as far as it is told who is where.
  private final class Sessions: RoomSocketsService {
    private(set) var calls: [String] = []
    private(set) var refused = 0
    var refusal: RPCError?
    var isAway = false
    var forgotten: Set<String> = []

    private func take(_ call: String) throws {
      if isAway {
        refused += 1
        throw RPCError(.unavailable, "not_connected", "Away.")
      }
      calls.append(call)
    }

    func followRoom(
      _ request: FollowRoomRequest, _ context: CallContext
    ) async throws -> FollowedRoom {
      if let refusal { throw refusal }
      try take("follow \(context.caller?.userID ?? "")")
      if forgotten.contains(request.gatewayID) {
        throw RPCError(.failedPrecondition, "gateway_forgotten", "Forgotten.")
      }
      return FollowedRoom(seq: 1)
    }

    func unfollowRoom(
      _ request: UnfollowRoomRequest, _ context: CallContext
    ) async throws -> Empty {
      try take("unfollow \(context.caller?.userID ?? "")")
      return Empty()
    }

    func setRoomStatus(
      _ request: SetRoomStatusRequest, _ context: CallContext
    ) async throws -> Participant { Participant() }

    func keepGateway(
      _ request: KeepGatewayRequest, _ context: CallContext
    ) async throws -> Empty {
      try take(request.leaving ? "leaving" : "keep")
      return Empty()
    }
  }

  private let sessions = Sessions()
  private let key = RoomPresence.Key(roomID: "r", userID: "ada")

  private func presence() -> RoomPresence {
    RoomPresence(RoomSocketsClient(InProcessTransport(RoomSocketsDispatcher(sessions))))
  }

  private func come(_ presence: RoomPresence) async throws {
    await presence.enter(key)
    _ = try await presence.follow("r", context)
  }

  private var context: CallContext {
    CallContext(
      deadlineNanoseconds: Deadline.after(.seconds(5)).nanoseconds,
      caller: Caller(userID: "ada", sessionID: "s"))
  }

  private func until(_ condition: () -> Bool) async {
    let deadline = Deadline.after(.seconds(10))
    while !condition(), !deadline.hasPassed {
      await withCheckedContinuation { continuation in
        _ = EventLoop.shared.schedule(after: .milliseconds(1)) { continuation.resume() }
      }
    }
  }

  @Test func onlyTheLastSocketSaysFarewell() async throws {
    try await onLoop {
      let presence = presence()
      try await come(presence)
      try await come(presence)
      presence.leave(key)
      presence.leave(key)
      await until { sessions.calls.count == 3 }
      #expect(sessions.calls == ["follow ada", "follow ada", "unfollow ada"])
    }
  }

  @Test func whoComesBackComesAfterTheFarewell() async throws {
    try await onLoop {
      let presence = presence()
      try await come(presence)
      presence.leave(key)
      try await come(presence)
      #expect(sessions.calls == ["follow ada", "unfollow ada", "follow ada"])
    }
  }

  @Test func aFarewellIsSaidUntilItIsHeard() async throws {
    try await onLoop {
      let presence = presence()
      try await come(presence)
      sessions.isAway = true
      presence.leave(key)
      await until { sessions.refused > 0 }
      sessions.isAway = false
      await until { sessions.calls.last == "unfollow ada" }
      #expect(sessions.calls == ["follow ada", "unfollow ada"])
    }
  }

  @Test func whoWasRefusedSaysNoFarewell() async throws {
    try await onLoop {
      let presence = presence()
      sessions.refusal = RPCError(.permissionDenied, "not_participant", "No.")
      await presence.enter(key)
      await #expect(throws: RPCError.self) { try await presence.follow("r", context) }
      presence.leave(key)
      sessions.refusal = nil
      await presence.end()
      #expect(sessions.calls.isEmpty)
    }
  }

  @Test func aForgottenGatewayFollowsAllAgainUnderAnotherID() async throws {
    try await onLoop {
      let presence = presence()
      try await come(presence)
      let old = presence.gatewayID
      sessions.forgotten = [old]
      _ = try await presence.follow("r", context)
      #expect(presence.gatewayID != old)
      // Once refused, once by who asked, once for all who are there.
      await until { sessions.calls.count == 4 }
      #expect(sessions.calls.count == 4)
      await presence.end()
      #expect(sessions.calls.last == "leaving")
    }
  }
}
