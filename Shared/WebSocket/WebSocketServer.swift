import EventLoop
import HTTP
import Network

/// The open sockets of a process: their bounds, their heartbeat, their common end.
///
///     let sockets = WebSocketServer()
///     // In a handler of HTTP:
///     let handshake = try Handshake(request)      // throws HandshakeRefusal: status, headers
///     return sockets.response(to: handshake) { socket in
///       socket.onMessage = { message in … }
///       socket.onClosed = { end in … }
///       socket.send(EncodedFrame(text: "{}"))
///     }
///     // A frame for many is made once:
///     let frame = EncodedFrame(text: json)
///     for socket in room { socket.send(frame) }
public final class WebSocketServer {
  /// What the sockets have done.
  public struct Counts {
    /// Connections now, those that are about to close included.
    public internal(set) var connections = 0
    public internal(set) var opened = 0
    public internal(set) var messagesReceived = 0
    public internal(set) var framesSent = 0
    /// Closed with 1013: the peer read too slowly.
    public internal(set) var slow = 0
    /// Closed because the peer broke the protocol or a bound.
    public internal(set) var violations = 0
    /// Lost without a close frame, or silent for too long.
    public internal(set) var lost = 0
  }

  public let configuration: WebSocketConfiguration
  public private(set) var isDraining = false
  var tally = Counts()
  let pingNanoseconds: UInt64
  let silenceNanoseconds: UInt64
  private let wheel: PingWheel
  /// Sockets whose owners are to be told of their end.
  private var ended: [WebSocketConnection] = []
  private var drained: CheckedContinuation<Void, Never>?

  /// A piece of what has come at a time: it is taken apart at once. What goes out is bounded by
  /// `queueBytesMax`, by `pausedAtBytes` and by a close frame.
  static let connectionLimits = ConnectionLimits(inputBytesMax: 64 << 10, outputBytesMax: .max)

  public init(configuration: WebSocketConfiguration = .init()) {
    self.configuration = configuration
    wheel = PingWheel(interval: configuration.pingInterval)
    pingNanoseconds = Self.nanoseconds(configuration.pingInterval)
    silenceNanoseconds = Self.nanoseconds(configuration.silenceLimit)
  }

  // For optimised builds of other modules, which must not inline what this module isolates.
  deinit {}

  public var counts: Counts {
    var counts = tally
    counts.connections = wheel.count
    return counts
  }

  /// The `101` that opens a socket. `opened` is called when it is on its way, before anything that the
  /// client sends; what it sends to the socket goes out right behind.
  public func response(
    to handshake: Handshake, headers: [HTTPResponse.Header] = [],
    opened: @escaping @MainActor @Sendable (WebSocketConnection) -> Void
  ) -> HTTPResponse {
    var response = HTTPResponse(status: 101, headers: handshake.headers + headers)
    response.upgrade = { [self] connection in
      open(connection, configuration.compresses ? handshake.agreement : nil, opened)
    }
    return response
  }

  /// Closes every socket with 1001, new ones too, and waits until they are gone or the deadline is over.
  public func drain(deadline: Duration, reason: String = "the server is shutting down") async {
    isDraining = true
    for socket in wheel.all { socket.close(.goingAway, reason: reason) }
    guard wheel.count > 0 else { return }
    let timer = EventLoop.shared.schedule(after: deadline) { [self] in stop() }
    await withCheckedContinuation { drained = $0 }
    timer.cancel()
  }

  /// Cuts every connection at once.
  public func stop() {
    isDraining = true
    for socket in wheel.all { socket.close(nil) }
  }

  private func open(
    _ connection: Connection, _ agreement: DeflateAgreement?,
    _ opened: (WebSocketConnection) -> Void
  ) {
    let socket = WebSocketConnection(
      takingOver: connection, server: self, agreement: agreement)
    wheel.insert(socket)
    tally.opened += 1
    opened(socket)
    if isDraining { socket.close(.goingAway, reason: "the server is shutting down") }
    if !socket.input.isEmpty { socket.received() }
  }

  /// The connection is gone.
  func forget(_ socket: WebSocketConnection) {
    wheel.remove(socket)
    guard wheel.count == 0, let waiter = drained else { return }
    drained = nil
    waiter.resume()
  }

  /// Tells the owner of the end as soon as nobody is in the middle of something.
  func tell(_ socket: WebSocketConnection) {
    ended.append(socket)
    guard ended.count == 1 else { return }
    EventLoop.shared.schedule(after: .zero) { [self] in
      let sockets = ended
      ended = []
      for socket in sockets { socket.tellEnd() }
    }
  }

  private static func nanoseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000
  }
}
