import Contracts
import EventLoop
import Observability
import Security
import Wire

/// Tells sessions who has a socket in which room on this gateway: with the first, after the last, and
/// every 10 s that the gateway is there.
final class RoomPresence {
  /// A user in a room.
  struct Key: Hashable {
    let roomID: String
    let userID: String
  }

  private struct Stay {
    var sockets = 0
    /// Sessions knows of it, or may.
    var isKnown = false
    /// Under way: who comes back meanwhile waits for its end.
    var farewell: Task<Void, Never>?
  }

  private let rooms: RoomSocketsClient
  private var stays: [Key: Stay] = [:]
  /// Gone, and sessions has yet to be told.
  private var leaving: [Key] = []
  private var timer: LoopTimer?
  private var retry: LoopTimer?
  private var failures = 0
  private var isEnding = false
  private var farewells = 0
  /// Sessions takes it for gone after 30 s of silence; then it goes on under another one.
  private(set) var gatewayID = UUIDv7.makeText()

  private static let keepInterval = Duration.seconds(10)
  private static let callLimit = Duration.seconds(5)
  /// Calls at the same time.
  private static let callsMax = 16

  init(_ rooms: RoomSocketsClient) { self.rooms = rooms }

  // MARK: Coming and going

  /// A socket comes, and with it the caller follows the room.
  func enter(_ key: Key) async {
    stays[key, default: Stay()].sockets += 1
    if timer == nil { keep() }
    while let farewell = stays[key]?.farewell { await farewell.value }
  }

  /// A socket has gone.
  func leave(_ key: Key) {
    guard var stay = stays[key] else { return }
    stay.sockets -= 1
    stays[key] = stay
    // When all go at once, one word takes leave of all rooms.
    guard stay.sockets == 0, !isEnding else { return }
    guard stay.isKnown || stay.farewell != nil else { return stays[key] = nil }
    leaving.append(key)
    sayFarewells()
  }

  /// Follows a room in the caller's name, and sees what there is to see.
  func follow(_ roomID: String, _ context: CallContext) async throws -> FollowedRoom {
    let key = Key(roomID: roomID, userID: context.caller?.userID ?? "")
    do {
      let followed = try await followAsOneself(roomID, context)
      stays[key]?.isKnown = true
      return followed
    } catch {
      if !Self.isFinal(error) { stays[key]?.isKnown = true }
      throw error
    }
  }

  private func followAsOneself(
    _ roomID: String, _ context: CallContext
  ) async throws -> FollowedRoom {
    let gateway = gatewayID
    do {
      return try await rooms.followRoom(
        FollowRoomRequest(roomID: roomID, gatewayID: gateway), context)
    } catch let error as RPCError where error.reason == Self.forgotten {
      rename(gateway)
      return try await rooms.followRoom(
        FollowRoomRequest(roomID: roomID, gatewayID: gatewayID), context)
    }
  }

  private func sayFarewells() {
    guard retry == nil else { return }
    while farewells < Self.callsMax, let key = leaving.popLast() {
      // Back already, or said.
      guard let stay = stays[key], stay.sockets == 0, stay.farewell == nil else { continue }
      farewells += 1
      stays[key]?.farewell = Task { await sayFarewell(key) }
    }
  }

  private func sayFarewell(_ key: Key) async {
    var isDone = true
    do {
      _ = try await rooms.unfollowRoom(
        UnfollowRoomRequest(roomID: key.roomID, gatewayID: gatewayID), context(key.userID))
      failures = 0
    } catch {
      isDone = Self.isFinal(error)
      if !isDone { failures += 1 }
      Log.shared.debug("farewell not said", ["error": .error(error)])
    }
    farewells -= 1
    stays[key]?.farewell = nil
    if stays[key]?.sockets == 0 {
      if isDone { stays[key] = nil } else { leaving.append(key) }
    }
    if isDone { return sayFarewells() }
    wait()
  }

  /// Sessions is away: all that is to be said waits for it.
  private func wait() {
    guard retry == nil else { return }
    let milliseconds = min(100 << min(failures, 6), 5_000)
    retry = EventLoop.shared.schedule(after: .milliseconds(milliseconds)) { [weak self] in
      self?.retry = nil
      self?.sayFarewells()
    }
  }

  /// Whether asking again changes nothing.
  private static func isFinal(_ error: any Error) -> Bool {
    guard let error = error as? RPCError else { return false }
    switch error.code {
    case .notFound, .permissionDenied, .failedPrecondition, .invalidArgument: return true
    default: return false
    }
  }

  // MARK: Being there

  private static let forgotten = "gateway_forgotten"

  private func keep() {
    timer = EventLoop.shared.schedule(after: Self.keepInterval) { [weak self] in
      guard let self else { return }
      timer = nil
      // Nobody is left; by the time that somebody comes this id may be forgotten.
      guard !stays.isEmpty else { return gatewayID = UUIDv7.makeText() }
      Task { await self.tellThatItIsThere() }
      keep()
    }
  }

  private func tellThatItIsThere() async {
    let gateway = gatewayID
    do {
      _ = try await rooms.keepGateway(KeepGatewayRequest(gatewayID: gateway), context())
    } catch let error as RPCError where error.reason == Self.forgotten {
      rename(gateway)
    } catch {
      Log.shared.debug("the gateway is not kept", ["error": .error(error)])
    }
  }

  /// It was silent for too long: it goes on under another id, with all that it follows.
  private func rename(_ forgotten: String) {
    guard gatewayID == forgotten else { return }
    gatewayID = UUIDv7.makeText()
    Log.shared.warning("the gateway was forgotten, and has a new id")
    var keys = Array(stays.filter { $0.value.sockets > 0 }.keys)
    for _ in 0..<Self.callsMax {
      Task {
        while let key = keys.popLast() {
          do {
            _ = try await follow(key.roomID, context(key.userID))
          } catch {
            // Whoever may not follow any more is told so by an event.
            Log.shared.debug("a room is not followed again", ["error": .error(error)])
          }
        }
      }
    }
  }

  /// The gateway is about to close all sockets.
  func prepareEnd() {
    isEnding = true
    timer?.cancel()
    retry?.cancel()
  }

  /// The sockets are closed.
  func end() async {
    prepareEnd()
    guard !stays.isEmpty else { return }
    do {
      _ = try await rooms.keepGateway(
        KeepGatewayRequest(gatewayID: gatewayID, leaving: true), context())
    } catch {
      Log.shared.debug("the gateway's end is not told", ["error": .error(error)])
    }
  }

  private func context(_ userID: String? = nil) -> CallContext {
    CallContext(
      deadlineNanoseconds: Deadline.after(Self.callLimit).nanoseconds,
      caller: userID.map { Caller(userID: $0, sessionID: "") })
  }
}
