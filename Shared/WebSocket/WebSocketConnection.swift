import EventLoop
import Glibc
import Network

/// One open socket. It takes its connection over from HTTP, answers pings and close frames itself, and
/// hands whole messages to its owner.
///
/// Set `onMessage` and `onClosed` when it is opened. Neither is called from within `send` or `close`.
public final class WebSocketConnection: Connection {
  /// A whole message has come; its bytes are valid until the handler returns.
  public var onMessage: (WebSocketMessage) -> Void = { _ in }
  /// Called once, as soon as nothing can be sent any more, whoever ended it; no message comes after
  /// it. The connection itself may take a little longer to go.
  public var onClosed: (SocketEnd) -> Void = { _ in }
  /// How it ended; nil while it is open.
  public private(set) var end: SocketEnd?

  var place = PingWheel.Place()
  private let server: WebSocketServer
  private let window: DeflateWindow?
  private var session: WebSocketSession
  /// When a byte came last: monotonic nanoseconds.
  private var heardAt: UInt64
  private var closeTimer: LoopTimer?
  private var isToldOfEnd = false

  init(takingOver other: Connection, server: WebSocketServer, agreement: DeflateAgreement?) {
    self.server = server
    window = agreement?.window
    session = WebSocketSession(
      messageBytesMax: server.configuration.messageBytesMax, isCompressed: agreement != nil)
    heardAt = EventLoop.shared.now
    super.init(takingOver: other, limits: WebSocketServer.connectionLimits)
    boundKernelQueue(server.configuration.kernelQueueBytes)
  }

  // For optimised builds of other modules, which must not inline what this module isolates.
  deinit {}

  /// Messages can be sent.
  public var isOpen: Bool { end == nil }

  /// permessage-deflate was agreed on.
  public var isCompressed: Bool { window != nil }

  /// Sends a message at the end of the turn. False when it was dropped: the socket has ended, or it
  /// ends now, with 1013, because its peer reads too slowly.
  @discardableResult
  public func send(_ frame: EncodedFrame) -> Bool {
    guard end == nil else { return false }
    let count = frame.byteCount(window: window)
    let limit = server.configuration.queueBytesMax
    if queuedBytes + count > limit {
      // Much may have been sent in this turn; what the kernel takes of it does not count.
      sendNow()
      guard end == nil else { return false }
      if queuedBytes + count > limit && queuedBytes > 0 {
        server.tally.slow += 1
        finish(SocketEnd(.slow, .tryAgainLater, "reads too slowly"))
        return false
      }
    }
    frame.append(to: &output, window: window)
    server.tally.framesSent += 1
    send()
    return true
  }

  /// Sends a close frame behind what is queued, waits for the peer's until `closeDeadline`, and closes
  /// the connection. Nothing happens to a socket that has ended. The reason is cut to 123 bytes.
  public func close(_ code: CloseCode, reason: String = "") {
    guard end == nil else { return }
    finish(SocketEnd(.owner, code, reason))
  }

  /// Our side ends it.
  private func finish(_ end: SocketEnd) {
    session.close(end.code, end.reason, &output)
    send()
    ended(end)
    resumeReading()
  }

  // What the socket tells.

  public override func received() {
    heardAt = EventLoop.shared.now
    session.feed(input.readableBytes)
    read: while !isClosed {
      switch session.next(&output) {
      case .needMore: break read
      case .message(let message):
        server.tally.messagesReceived += 1
        if end == nil { onMessage(message) }
      case .ended(let end):
        if end.cause == .violation { server.tally.violations += 1 }
        ended(end)
      case .finished:
        send()
        break read
      }
    }
    input.clear()
    guard !isClosed else { return }
    if !output.isEmpty { send() }
    // Answers to pings that nobody reads: no more of them before these are gone.
    if end == nil, queuedBytes > server.configuration.pausedAtBytes { pauseReading() }
    tellEnd()
  }

  public override func endOfInput() {
    if end == nil {
      server.tally.lost += 1
      ended(SocketEnd(.lost, .abnormal, "the peer has closed the connection"))
    }
    closeAfterFlush()
    tellEnd()
  }

  public override func drained() {
    resumeReading()
    guard session.phase == .failed || session.phase == .finished else { return }
    // The end that the peer waits for. What it still sends is read and dropped: a socket that is closed
    // over unread bytes is reset, and our close frame would be lost.
    if tls == nil { shutdown(descriptor, Int32(SHUT_WR)) } else { closeAfterFlush() }
  }

  public override func closed(_ error: (any Error)?) {
    if end == nil {
      server.tally.lost += 1
      ended(SocketEnd(.lost, .abnormal, error.map { "\($0)" } ?? "closed"))
    }
    closeTimer?.cancel()
    closeTimer = nil
    server.forget(self)
  }

  // Time.

  /// Once in each ping interval.
  func checkHeartbeat() {
    guard end == nil else { return }
    let silence = EventLoop.shared.now &- heardAt
    if silence >= server.silenceNanoseconds {
      server.tally.lost += 1
      ended(SocketEnd(.lost, .abnormal, "nothing came for too long"))
      close(nil)
    } else if silence >= server.pingNanoseconds / 2, queuedBytes == 0 {
      WebSocketSession.appendPing(to: &output)
      send()
    }
  }

  private func ended(_ end: SocketEnd) {
    self.end = end
    server.tell(self)
    guard !isClosed else { return }
    closeTimer = EventLoop.shared.schedule(after: server.configuration.closeDeadline) {
      [weak self] in self?.close(nil)
    }
  }

  /// Tells the owner, once: the server calls it when nobody is in `send` or `close`.
  func tellEnd() {
    guard let end, !isToldOfEnd else { return }
    isToldOfEnd = true
    let told = onClosed
    (onMessage, onClosed) = ({ _ in }, { _ in })
    told(end)
  }

  private func boundKernelQueue(_ bytes: Int) {
    var size = Int32(clamping: bytes)
    // Where it cannot be set, the kernel's own bound holds.
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout.size(ofValue: size)))
  }
}
