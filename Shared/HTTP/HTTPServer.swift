import EventLoop
import Network

/// An HTTP/1.1 server: listeners, their connections, and one handler for all requests.
///
/// Requests of one connection are handled in order, one at a time; while one is handled, nothing
/// more is read from that connection. Answers that become ready in one turn of the loop leave in
/// one packet.
public final class HTTPServer {
  public typealias Handler = (HTTPRequest) async -> HTTPResponse

  /// What the server has done and is doing.
  public struct Counts {
    /// Connections open now.
    public internal(set) var connections = 0
    /// Requests in their handler now.
    public internal(set) var handling = 0
    /// Requests handed to a handler since the start.
    public internal(set) var requests = 0
    /// Requests refused since the start.
    public internal(set) var refusals = 0
    /// Connections closed at once since the start: over the limit.
    public internal(set) var turnedAway = 0
  }

  public let configuration: HTTPServerConfiguration
  public private(set) var isDraining = false
  /// Each answer is the last one of its connection.
  private(set) var isLeaving = false
  /// The listeners, once started: for their ports.
  public private(set) var listeners: [Listener] = []

  let encoder: HTTPEncoder
  let handler: Handler
  let immediate: ((HTTPRequest) -> HTTPResponse?)?
  let bodyLimit: (HTTPRequest) -> Int
  let connectionLimits: ConnectionLimits
  let deadlines: ConnectionDeadlines
  var tally = Counts()

  private let bindings: [HTTPBinding]
  private var connections: [ObjectIdentifier: HTTPConnection] = [:]
  private var drained: CheckedContinuation<Void, Never>?

  /// - Parameters:
  ///   - bodyLimit: the bytes that the body of this request may have; asked once its head is whole.
  ///   - immediate: asked before `handler`, for answers that need no waiting: no task is made for
  ///     them. It returns nil where the handler is to be asked.
  ///   - handler: answers a request. Its task is cancelled when the connection is gone.
  public init(
    listeners bindings: [HTTPBinding], configuration: HTTPServerConfiguration = .init(),
    bodyLimit: @escaping (HTTPRequest) -> Int = { _ in 1 << 20 },
    immediate: ((HTTPRequest) -> HTTPResponse?)? = nil, handler: @escaping Handler
  ) {
    self.bindings = bindings
    self.configuration = configuration
    self.bodyLimit = bodyLimit
    self.immediate = immediate
    self.handler = handler
    deadlines = ConnectionDeadlines(configuration)
    encoder = HTTPEncoder(headers: configuration.headers)
    connectionLimits = ConnectionLimits(
      // A request must fit, or it could never become whole.
      inputBytesMax: configuration.limits.headBytesMax + configuration.bodyBytesMax,
      // Answers are bounded by `pendingAnswerBytesMax` and by what a handler returns at once.
      outputBytesMax: .max)
  }

  /// Listens at every binding, or at none if one fails.
  public func start() throws {
    do {
      for binding in bindings { listeners.append(try listen(binding)) }
    } catch {
      stopListening()
      throw error
    }
  }

  public var counts: Counts {
    var counts = tally
    counts.connections = connections.count
    counts.turnedAway = listeners.reduce(0) { $0 + $1.refused }
    return counts
  }

  /// Serves on, but each answer ends its connection (`Connection: close`): clients and balancers
  /// come back by a new one, to whoever listens then.
  public func leave() { isLeaving = true }

  /// Stops accepting, closes what is idle, lets requests in flight finish with
  /// `Connection: close`, and closes what is left after `deadline`.
  public func drain(deadline: Duration) async {
    isDraining = true
    isLeaving = true
    stopListening()
    for connection in connections.values { connection.drain() }
    guard !connections.isEmpty else { return }
    let timer = EventLoop.shared.schedule(after: deadline) { [self] in closeAll() }
    await withCheckedContinuation { drained = $0 }
    timer.cancel()
  }

  /// Closes everything at once.
  public func stop() {
    isDraining = true
    isLeaving = true
    stopListening()
    closeAll()
  }

  private func listen(_ binding: HTTPBinding) throws -> Listener {
    try Listener(
      binding.address, sharesPort: binding.sharesPort,
      connectionLimit: configuration.connectionLimit
    ) { [weak self] descriptor, peer in
      self?.accept(descriptor, peer, tls: binding.tls)
    }
  }

  private func accept(
    _ descriptor: Int32, _ peer: SocketAddress, tls context: TLSContext?
  ) -> Connection? {
    let session: TLSSession?
    do throws(TLSError) {
      session = try context?.session()
    } catch {
      // Out of memory for a session: the listener closes the socket and counts it.
      return nil
    }
    let connection = HTTPConnection(
      descriptor: descriptor, peer: peer, tls: session, server: self)
    connections[ObjectIdentifier(connection)] = connection
    return connection
  }

  private func stopListening() {
    for listener in listeners { listener.close() }
  }

  private func closeAll() {
    for connection in connections.values { connection.close() }
  }

  /// The connection is gone.
  func forget(_ connection: HTTPConnection) {
    connections[ObjectIdentifier(connection)] = nil
    guard connections.isEmpty, let waiter = drained else { return }
    drained = nil
    waiter.resume()
  }

  /// The answer to a request that no handler sees.
  func refusal(
    _ error: HTTPParseError, _ peer: SocketAddress, instance: String
  ) -> HTTPResponse {
    tally.refusals += 1
    let requestID = configuration.makeRequestID()
    configuration.refused(HTTPRefusal(error: error, requestID: requestID, peer: peer))
    let problem = Problem(
      status: error.status, code: error.rawValue, detail: error.detail, instance: instance,
      requestID: requestID)
    var headers: [HTTPResponse.Header] = []
    if !requestID.isEmpty { headers.append(("X-Request-Id", requestID)) }
    if error == .forbiddenMethod { headers.append(("Allow", HTTPMethod.allNames)) }
    return .problem(problem, headers: headers)
  }
}
