import Contracts
import Live
import Wire

@testable import Gateway
@testable import WebSocket

/// A hub between a feed and states that tests hold.
final class HubBench {
  static let room = LiveChannel.room("01954c2e-8a40-7c33-b1de-5f2a9c0e7d61")
  static let user = LiveChannel.user("ada")

  let feed = TestFeed()
  let states = TestStates()
  let hub: Hub

  init() { hub = Hub(feed: feed, states: states, presence: nil) }

  @discardableResult
  func open(
    _ userID: String, _ channel: LiveChannel = HubBench.room, since: Int64? = nil
  ) async throws -> TestListener {
    let join = try await join(userID, channel, since: since)
    let listener = TestListener(userID)
    hub.attach(join, listener)
    return listener
  }

  func join(
    _ userID: String, _ channel: LiveChannel = HubBench.room, since: Int64? = nil
  ) async throws -> LiveJoin {
    try await hub.join(
      channel, Caller(userID: userID, sessionID: "s"), since: since,
      CallContext(deadlineNanoseconds: .max))
  }

  /// Something happens: it is kept in the log, and told where it is not lost.
  func happen(
    _ seq: Int64, _ channel: LiveChannel = HubBench.room, removing removed: [String] = [],
    closes: Bool = false, isLost: Bool = false
  ) {
    let event = NumberedEvent(
      seq: seq,
      event: LiveEvent(
        id: "\(seq)", seq: seq, type: .timerUpdate, data: "{}", removedUserIDs: removed,
        closed: closes))
    feed.log.append(event)
    states.seq = max(states.seq, seq)
    if !isLost { hub.receive(channel, event) }
  }
}

final class TestFeed: LiveFeed {
  var log: [NumberedEvent] = []
  private(set) var followed: Set<LiveChannel> = []
  private(set) var readings = 0

  func follow(_ channel: LiveChannel) throws { followed.insert(channel) }
  func unfollow(_ channel: LiveChannel) { followed.remove(channel) }
  func waitUntilFollowed(_ channel: LiveChannel) async {}

  func events(of channel: LiveChannel, after seq: Int64) async throws -> [NumberedEvent] {
    readings += 1
    return log.filter { $0.seq > seq }
  }
}

final class TestStates: LiveStates {
  var seq: Int64 = 0
  var people: [String] = ["ada", "ben", "cleo"]
  var refusals: [String: RPCError] = [:]
  /// Called before the answer is made.
  var before: () -> Void = {}
  private(set) var calls = 0

  func state(
    of channel: LiveChannel, for caller: Caller, _ context: CallContext
  ) async throws -> LiveState {
    calls += 1
    before()
    if let refusal = refusals[caller.userID] { throw refusal }
    guard channel.isRoom else { return LiveState(seq: seq, content: .user(UserState())) }
    return LiveState(
      seq: seq, content: .room(RoomState(participants: people.map { Participant(userID: $0) })))
  }
}

final class TestListener: LiveListener {
  let userID: String
  var seq: Int64 = 0
  var place = -1
  private(set) var frames: [EncodedFrame] = []
  private(set) var ends: [LiveEnd] = []

  init(_ userID: String) { self.userID = userID }

  func send(_ frame: EncodedFrame) { frames.append(frame) }
  func end(_ end: LiveEnd) { ends.append(end) }

  /// What it was told: `room_state 5`, `timer_update 6`.
  var told: [String] {
    frames.map { frame in
      let text = String(decoding: frame.plain.readableBytes, as: UTF8.self)
      return "\(Self.value("type", text)) \(Self.value("seq", text))"
    }
  }

  private static func value(_ name: String, _ text: String) -> String {
    guard let start = text.firstRange(of: "\"\(name)\":")?.upperBound else { return "" }
    return String(text[start...].prefix { $0 != "," && $0 != "}" }.filter { $0 != "\"" })
  }
}
