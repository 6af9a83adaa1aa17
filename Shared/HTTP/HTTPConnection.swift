import EventLoop
import Glibc
import Network

/// One client's connection: request after request, in order.
final class HTTPConnection: Connection {
  private enum Phase {
    /// Waiting for a request, or inside its head.
    case head
    /// Waiting for `bodyBytes` behind the head.
    case body
    /// Inside a chunked body.
    case chunks
    /// The request is whole and goes to its handler.
    case ready
    /// The handler has it.
    case handling
    /// Too much is unsent: what was pipelined waits.
    case blocked
    /// The last answer is on its way.
    case closing
    /// As `closing`; and what still comes in is read and dropped, or the answer would be lost: a
    /// socket closed over unread bytes is reset (RFC 9112, section 9.6).
    case lingering
  }

  private let server: HTTPServer
  private var parser: HTTPParser
  private var request: HTTPRequest
  private var phase = Phase.head
  private var bodyBytes = 0
  private var chunks: ChunkDecoder?
  /// The head and the decoded body of a chunked request.
  private var decoded = ByteBuffer()
  private var task: Task<Void, Never>?
  private let deadline = ConnectionDeadline()
  /// What was unsent when an idle connection was looked at last.
  private var unsentBytes = 0
  private var droppedBytes = 0
  private static let droppedBytesMax = 16 << 20

  init(descriptor: Int32, peer: SocketAddress, tls: TLSSession?, server: HTTPServer) {
    self.server = server
    parser = HTTPParser(limits: server.configuration.limits)
    request = HTTPRequest(peer: peer, isSecure: tls != nil)
    super.init(
      descriptor: descriptor, peer: peer, tls: tls, limits: server.connectionLimits)
    deadline.expired = { [unowned self] in expire() }
    deadline.set(.idle, nanoseconds: server.deadlines.idle)
  }

  // What the socket tells.

  override func received() {
    switch phase {
    case .head, .body, .chunks: advance()
    case .closing, .lingering: drop()
    case .ready, .handling, .blocked: break
    }
  }

  override func endOfInput() {
    switch phase {
    case .lingering: close()
    case .ready, .handling, .blocked: break
    case .head, .body, .chunks, .closing: closeAfterFlush()
    }
  }

  override func drained() {
    if phase == .blocked {
      phase = .head
      resumeReading()
      advance()
    } else if phase == .lingering {
      // Under TLS the end is told when the connection closes: a bare FIN would look like an attack.
      if tls == nil { shutdown(descriptor, Int32(SHUT_WR)) }
      if peerHasClosed { close() }
    }
  }

  override func closed(_ error: (any Error)?) {
    deadline.cancel()
    task?.cancel()
    server.forget(self)
  }

  /// The server is going away: an idle connection closes, another one after its answer.
  func drain() {
    if phase == .head, input.isEmpty {
      if output.isEmpty { close() } else { closeAfterFlush() }
    }
  }

  // Requests.

  /// Handles all requests that have arrived, as far as that can be done without waiting.
  private func advance() {
    guard nextNeedsHandler() else { return watchTime() }
    let started = EventLoop.shared.begin { await self.handle() }
    guard phase == .handling || phase == .ready else { return }
    // The handler did not return at once: until it does, the input stays where it is.
    task = started
    pauseReading()
    deadline.clear()
  }

  /// Hands requests to the handler as long as whole ones are there: one task for a burst.
  private func handle() async {
    repeat {
      phase = .handling
      server.tally.requests += 1
      server.tally.handling += 1
      let response = await server.handler(request)
      server.tally.handling -= 1
      guard !isClosed else { return recycle() }
      answer(response)
    } while nextNeedsHandler()
    task = nil
    if phase != .blocked { resumeReading() }
    watchTime()
  }

  /// Answers what can be answered at once; true when a request is there that cannot.
  private func nextNeedsHandler() -> Bool {
    while nextIsReady() {
      guard let response = server.immediate?(request) else { return true }
      server.tally.requests += 1
      answer(response)
    }
    return false
  }

  /// Looks for the next whole request in `input`.
  private func nextIsReady() -> Bool {
    switch phase {
    case .head:
      guard !input.isEmpty else { return false }
      switch parser.parse(input.readableBytes) {
      case .needMore: return false
      case .head(let head): return begin(head)
      case .failure(let error): return refuse(error)
      }
    case .body:
      guard input.count >= request.head.bytes + bodyBytes else { return false }
      return complete()
    case .chunks: return decode()
    case .ready, .handling, .blocked, .closing, .lingering: return false
    }
  }

  private func begin(_ head: HTTPHead) -> Bool {
    request.begin(
      head, fields: parser.fields, base: input.readableBytes.baseAddress,
      now: EventLoop.shared.now)
    bodyBytes = head.contentLength ?? 0
    guard head.hasBody else { return complete() }
    let limit = min(server.bodyLimit(request), server.configuration.bodyBytesMax)
    guard bodyBytes <= limit else {
      return refuse(.bodyTooLarge, instance: String(decoding: request.path, as: UTF8.self))
    }
    if head.isChunked {
      decoded.append(UnsafeRawBufferPointer(rebasing: input.readableBytes[..<head.bytes]))
      input.consume(head.bytes)
      request.complete(at: decoded.readableBytes.baseAddress, bodyBytes: 0)
      chunks = ChunkDecoder(limits: server.configuration.limits, bodyBytesMax: limit)
      phase = .chunks
      if head.expectsContinue, input.isEmpty { sendContinue() }
      return decode()
    }
    phase = .body
    if head.expectsContinue, input.count == head.bytes { sendContinue() }
    return nextIsReady()
  }

  private func decode() -> Bool {
    while chunks != nil, let step = chunks?.decode(input.readableBytes) {
      switch step {
      case .needMore(let consumed):
        input.consume(consumed)
        return false
      case .content(let range, let consumed):
        decoded.append(UnsafeRawBufferPointer(rebasing: input.readableBytes[range]))
        input.consume(consumed)
      case .end(let consumed):
        input.consume(consumed)
        chunks = nil
        bodyBytes = decoded.count - request.head.bytes
        request.complete(at: decoded.readableBytes.baseAddress, bodyBytes: bodyBytes)
        phase = .ready
        return true
      case .failure(let error): return refuse(error)
      }
    }
    return false
  }

  private func complete() -> Bool {
    request.complete(at: input.readableBytes.baseAddress, bodyBytes: bodyBytes)
    phase = .ready
    return true
  }

  private func sendContinue() {
    output.append("HTTP/1.1 100 Continue\r\n\r\n")
    send()
  }

  // Answers.

  private func answer(_ response: borrowing HTTPResponse) {
    let head = request.head
    if response.status == 101 { return handOver(response) }
    let closes =
      !head.keepsAlive || response.closesConnection || server.isLeaving || peerHasClosed
    server.encoder.append(
      response, to: &output,
      persistence: closes ? .close : head.minorVersion == 1 ? .implied : .keepAlive,
      isHead: head.method == .head)
    if decoded.isEmpty { input.consume(head.bytes + bodyBytes) }
    recycle()
    send()
    unsentBytes = output.count
    deadline.set(.idle, nanoseconds: server.deadlines.idle)
    if closes {
      finish(lingers: head.keepsAlive || !input.isEmpty)
    } else if output.count > server.configuration.pendingAnswerBytesMax {
      phase = .blocked
      pauseReading()
    } else {
      phase = .head
    }
  }

  /// Answers that the connection is another's from now on, and gives it away.
  private func handOver(_ response: borrowing HTTPResponse) {
    server.encoder.append(response, to: &output, persistence: .upgrade, isHead: false)
    if decoded.isEmpty { input.consume(request.head.bytes + bodyBytes) }
    recycle()
    phase = .closing
    response.upgrade?(self)
    if !isClosed { close() }
  }

  /// Answers a request that cannot be trusted, and ends the connection. Always false.
  private func refuse(_ error: HTTPParseError, instance: String = "/") -> Bool {
    // A method that was never understood may have been HEAD; a body does no harm before the end.
    server.encoder.append(
      server.refusal(error, peer, instance: instance), to: &output, persistence: .close,
      isHead: false)
    send()
    chunks = nil
    recycle()
    finish(lingers: true)
    return false
  }

  /// The last answer is in `output`.
  private func finish(lingers: Bool) {
    input.clear()
    if lingers && !peerHasClosed {
      phase = .lingering
      resumeReading()
      deadline.set(.linger, nanoseconds: server.deadlines.linger)
    } else {
      phase = .closing
      closeAfterFlush()
    }
  }

  private func drop() {
    droppedBytes += input.count
    input.clear()
    if droppedBytes > Self.droppedBytesMax { close() }
  }

  /// The request's bytes are gone: whoever still holds it finds it empty.
  private func recycle() {
    request.detach()
    decoded.clear()
    decoded.releaseIfEmpty()
    if !isKnownUniquelyReferenced(&request) {
      request = HTTPRequest(peer: peer, isSecure: request.isSecure)
    }
  }

  // Time.

  private func watchTime() {
    switch phase {
    case .head where !input.isEmpty: deadline.set(.head, nanoseconds: server.deadlines.head)
    case .body, .chunks: deadline.set(.body, nanoseconds: server.deadlines.body)
    default: break
    }
  }

  private func expire() {
    switch deadline.kind {
    case .head: _ = refuse(.headTimeout)
    case .body: _ = refuse(.bodyTimeout)
    case .idle where output.count < unsentBytes:
      // The peer reads, however slowly.
      unsentBytes = output.count
      deadline.set(.idle, nanoseconds: server.deadlines.idle)
    case .idle, .linger: close()
    }
  }
}
