import EventLoop
import Network
import Observability
import Wire

/// How a call on one connection ended.
enum CallOutcome {
  case answer([UInt8])
  /// What the server said. Refused: it did not begin the call.
  case failure(RPCError, refused: Bool)
  /// The connection broke; nobody knows whether the call took place.
  case lost
  /// No answer by the deadline.
  case late
  case cancelled
}

/// A client's connection to one server: hello, then calls until one side goes.
final class ClientConnection: FrameConnection {
  enum State {
    case greeting
    case ready
    /// The server takes no further call; those in flight are still answered.
    case draining
    case closed
  }

  private(set) var state = State.greeting
  /// Told of every change of `state`.
  var stateChanged: ((ClientConnection) -> Void)?
  /// Why the server, or this side, ended it.
  private(set) var reason: Goaway?

  private var handshake: ClientHandshake
  private let rpcLimits: RPCLimits
  private var table: CallTable<UnsafeContinuation<CallOutcome, Never>>
  private var header = ProtobufWriter()
  private var deadlineTimer: LoopTimer?
  private var deadlineAt = UInt64.max
  private var watchTimer: LoopTimer?
  private var pings: [UInt64: UnsafeContinuation<Bool, Never>] = [:]
  private var pingNumber: UInt64 = 0
  private var frameBytesMax: Int

  init(
    descriptor: Int32, peer: SocketAddress, tls: TLSSession?, handshake: ClientHandshake,
    limits: RPCLimits
  ) {
    self.handshake = handshake
    rpcLimits = limits
    frameBytesMax = limits.frameBytesMax
    table = CallTable(limit: limits.callsInFlightMax)
    super.init(
      descriptor: descriptor, peer: peer, tls: tls,
      limits: ConnectionLimits(
        inputBytesMax: limits.frameBytesMax + Frame.headerBytes,
        outputBytesMax: limits.outputBytesMax))
    watchTimer = EventLoop.shared.schedule(after: limits.connectTimeout) { [weak self] in
      self?.close(ConnectionError.deadlineExceeded)
    }
  }

  /// Calls without an answer: the load.
  var callsInFlight: Int { table.count }

  /// Makes a call that ends by `context`'s deadline.
  @inline(__always)
  func call(_ method: UInt32, _ body: [UInt8], _ context: CallContext) async -> CallOutcome {
    if output.count > rpcLimits.outputBytesHigh {
      return .failure(.tooManyCalls(), refused: true)
    }
    header.clear()
    context.encode(into: &header, at: EventLoop.shared.now)
    let bodyBytes = 4 + header.bytes.count + body.count
    guard Frame.lengthBytesMin + bodyBytes <= frameBytesMax else {
      return .failure(.tooLarge(), refused: false)
    }
    guard let id = table.reserve(deadline: context.deadlineNanoseconds) else {
      return .failure(.tooManyCalls(), refused: true)
    }
    output.appendFrameHeader(.request, callID: id, methodID: method, bodyBytes: bodyBytes)
    output.append(bigEndian: UInt32(header.bytes.count))
    output.append(header.bytes)
    output.append(body)
    send()
    if context.deadlineNanoseconds < deadlineAt { watchDeadline(context.deadlineNanoseconds) }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { table.park($0, for: id) }
    } onCancel: {
      // Later, so that the call is parked by then even if the task was cancelled before.
      Task { @MainActor in self.give(up: id, .cancelled) }
    }
  }

  /// Whether the server answers a ping by `deadline`.
  func ping(by deadline: Deadline) async -> Bool {
    guard state == .ready || state == .draining else { return false }
    pingNumber += 1
    let number = pingNumber
    let timer = EventLoop.shared.schedule(after: deadline.remaining) { [weak self] in
      self?.pings.removeValue(forKey: number)?.resume(returning: false)
    }
    sendPing(withUnsafeBytes(of: number.bigEndian) { Array($0) })
    let answered = await withUnsafeContinuation { pings[number] = $0 }
    timer.cancel()
    return answered
  }

  /// Takes no further call; closes when those in flight are answered.
  func drain() {
    if state == .greeting { return close() }
    guard state == .ready else { return }
    change(to: .draining)
    closeWhenDone()
  }

  override func received(_ frame: Frame) {
    guard state != .greeting else { return greet(frame) }
    switch frame.kind {
    case .response: answer(frame.callID, .answer(Array(frame.body)))
    case .error:
      guard let error = try? RPCError(decoding: frame.body) else {
        return violated("a malformed error")
      }
      answer(frame.callID, .failure(error, refused: frame.flags & Frame.refusedFlag != 0))
    case .ping: pinged(frame)
    case .pong: ponged(frame)
    case .goaway: leave(frame)
    case .hello, .request, .cancel, .item: violated("a server sends no \(frame.kind)")
    }
  }

  override func violated(_ message: String) {
    Log.shared.warning(
      "rpc protocol error", ["peer": .string("\(peer)"), "error": .string(message)])
    reason = Goaway(reason: "protocol", message: message)
    close(nil)
  }

  override func closed(_ error: (any Error)?) {
    watchTimer?.cancel()
    deadlineTimer?.cancel()
    if reason == nil, let error { reason = Goaway(reason: "lost", message: "\(error)") }
    change(to: .closed)
    for waiter in table.removeAll() { waiter.resume(returning: .lost) }
    let waiting = pings
    pings.removeAll()
    for waiter in waiting.values { waiter.resume(returning: false) }
    stateChanged = nil
  }

  // MARK: Hello

  private func greet(_ frame: Frame) {
    switch handshake.receive(frame) {
    case .reply(let hello):
      output.appendFrame(.hello, hello)
      send()
    case .ready(let welcome):
      decoder.lengthBytesMax = rpcLimits.frameBytesMax
      if welcome.frameBytesMax > 0 {
        frameBytesMax = min(frameBytesMax, Int(clamping: welcome.frameBytesMax))
      }
      if welcome.callsInFlightMax > 0 {
        let allowed = min(rpcLimits.callsInFlightMax, Int(clamping: welcome.callsInFlightMax))
        table = CallTable(limit: allowed)
      }
      watchTimer?.cancel()
      watchSilence()
      change(to: .ready)
    case .fail(let reason):
      self.reason = reason
      close(nil)
    }
  }

  private func leave(_ frame: Frame) {
    guard let goaway = try? Goaway(decoding: frame.body) else {
      return violated("a malformed goaway")
    }
    reason = goaway
    guard goaway.reason == Goaway.drain else { return close(nil) }
    if state == .ready { change(to: .draining) }
    closeWhenDone()
  }

  private func change(to state: State) {
    self.state = state
    stateChanged?(self)
  }

  // MARK: Silence

  private func watchSilence() {
    let interval = rpcLimits.pingInterval
    watchTimer = EventLoop.shared.schedule(after: interval / 2) { [weak self] in
      guard let self else { return }
      let silence = Duration.nanoseconds(Int64(EventLoop.shared.now - heardAt))
      if silence > interval * 2 {
        reason = Goaway(reason: "silent", message: "the server does not answer pings")
        return close(nil)
      }
      if silence > interval { sendPing([]) }
      watchSilence()
    }
  }

  private func ponged(_ frame: Frame) {
    guard frame.body.count == 8 else { return }
    let number = UInt64(bigEndian: frame.body.loadUnaligned(as: UInt64.self))
    pings.removeValue(forKey: number)?.resume(returning: true)
  }

  // MARK: Ends of calls

  @inline(__always)
  private func answer(_ id: UInt32, _ outcome: CallOutcome) {
    table.remove(id)?.resume(returning: outcome)
    if state == .draining { closeWhenDone() }
  }

  /// The call ends without its answer, and the server is told.
  private func give(up id: UInt32, _ outcome: CallOutcome) {
    guard let waiter = table.remove(id) else { return }
    output.appendFrame(.cancel, callID: id)
    send()
    waiter.resume(returning: outcome)
    if state == .draining { closeWhenDone() }
  }

  private func closeWhenDone() {
    if state == .draining && table.count == 0 { closeAfterFlush() }
  }

  private func watchDeadline(_ deadline: UInt64) {
    deadlineTimer?.cancel()
    deadlineAt = deadline
    let left = Deadline(nanoseconds: deadline).remaining
    deadlineTimer = EventLoop.shared.schedule(after: left) { [weak self] in
      self?.endLateCalls()
    }
  }

  private func endLateCalls() {
    deadlineAt = .max
    for (id, waiter) in table.removeExpired(at: EventLoop.shared.now) {
      output.appendFrame(.cancel, callID: id)
      waiter.resume(returning: .late)
    }
    send()
    if let next = table.nextDeadline { watchDeadline(next) }
    if state == .draining { closeWhenDone() }
  }
}
