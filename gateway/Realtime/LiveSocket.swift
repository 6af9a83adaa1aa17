import EventLoop
import Live
import WebSocket
import Wire

/// An open socket of a user: what it follows, what it may send, until when its token is good.
final class LiveSocket: LiveListener {
  let holder: SocketHolder
  let channel: LiveChannel
  let openedAt: UInt64
  var seq: Int64 = 0
  var place = -1
  private(set) var end: LiveEnd?
  private(set) var messagesReceived = 0
  private(set) var messagesSent = 0
  private let connection: WebSocketConnection
  /// The theoretical arrival of its next message, in microseconds (GCRA).
  private var arrival = 0.0
  private var expiry: LoopTimer?

  /// What a client may send: people click, they do not stream.
  private static let rate = GCRA(limit: 40, seconds: 2)

  init(_ connection: WebSocketConnection, _ holder: SocketHolder, _ channel: LiveChannel) {
    self.connection = connection
    self.holder = holder
    self.channel = channel
    openedAt = EventLoop.shared.now
    let left = holder.expiresAt - WallClock.milliseconds
    guard holder.expiresAt > 0 else { return }
    expiry = EventLoop.shared.schedule(after: .milliseconds(max(0, left))) { [weak self] in
      self?.end(.expired)
    }
  }

  var userID: String { holder.caller.userID }

  func send(_ frame: EncodedFrame) {
    guard connection.send(frame) else { return }
    messagesSent += 1
    SocketMetrics.sent.increment()
  }

  func end(_ end: LiveEnd) {
    guard self.end == nil, connection.isOpen else { return }
    self.end = end
    connection.close(end.code, reason: end.reason)
  }

  /// A message has come; false where there are too many of them.
  func admits() -> Bool {
    messagesReceived += 1
    SocketMetrics.received.increment()
    return Self.rate.decide(&arrival, now: Double(EventLoop.shared.now) / 1000).isAllowed
  }

  /// The connection has ended.
  func closed() {
    expiry?.cancel()
    expiry = nil
  }
}

/// Whose socket it is, and how long it may stay.
struct SocketHolder {
  let caller: Caller
  /// When the token expires, milliseconds since the epoch; 0: never.
  let expiresAt: Int64
  /// What was revoked after this is not known to who let it in.
  let revocationMark: Int
}
