import EventLoop
import Network
import Observability
import Wire

/// One client's connection: hello, then calls until one side goes.
final class ServerConnection: FrameConnection {
  private let server: RPCServer
  private let handshake: ServerHandshake
  private(set) var isWelcome = false
  private var isDraining = false
  private var clientName = ""
  /// Begun and not answered yet.
  private var calls: [UInt32: ServerCall] = [:]
  /// Tasks that have not ended, those of cancelled calls included.
  private var running = 0
  /// One timer for all calls, due at the earliest deadline it knows of.
  private var deadlineTimer: LoopTimer?
  private var deadlineAt = UInt64.max
  private var watchTimer: LoopTimer?

  init(
    descriptor: Int32, peer: SocketAddress, tls: TLSSession?, server: RPCServer, secrets: [[UInt8]]
  ) {
    self.server = server
    let rpcLimits = server.limits
    handshake = ServerHandshake(
      service: server.service, secrets: secrets, limits: rpcLimits, nonce: makeNonce())
    super.init(
      descriptor: descriptor, peer: peer, tls: tls,
      limits: ConnectionLimits(
        inputBytesMax: rpcLimits.frameBytesMax + Frame.headerBytes,
        outputBytesMax: rpcLimits.outputBytesMax))
    output.appendFrame(.hello, handshake.challenge(instance: server.instance))
    send()
    watchTimer = EventLoop.shared.schedule(after: rpcLimits.helloTimeout) { [weak self] in
      self?.helloIsLate()
    }
  }

  override var mustHold: Bool { output.count > server.limits.outputBytesHigh }

  override func received(_ frame: Frame) {
    guard isWelcome else { return greet(frame) }
    switch frame.kind {
    case .request: begin(frame)
    case .cancel:
      if let call = calls.removeValue(forKey: frame.callID) { abandon(call, .cancelled) }
    case .ping: pinged(frame)
    case .pong: break
    // The client closes by itself; nothing is to be done for its saying so.
    case .goaway: break
    case .hello, .response, .error, .item: violated("a client sends no \(frame.kind)")
    }
  }

  override func violated(_ message: String) {
    Log.shared.warning(
      "rpc protocol error",
      ["peer": .string("\(peer)"), "instance": .string(clientName), "error": .string(message)])
    super.violated(message)
  }

  override func closed(_ error: (any Error)?) {
    watchTimer?.cancel()
    deadlineTimer?.cancel()
    let left = calls
    calls.removeAll()
    for call in left.values { abandon(call, .cancelled) }
    if isWelcome { server.metrics.connections.decrement() }
    if let error = error as? TLSError, !isWelcome { strangerWasRefused(error) }
    server.closed(self)
  }

  /// No further request is taken; closes when those that were are answered.
  func drain() {
    guard !isDraining else { return }
    isDraining = true
    guard isWelcome else { return close() }
    let goaway = Goaway(reason: Goaway.drain, message: "the service is shutting down")
    output.appendFrame(.goaway, goaway.encode())
    send()
    closeWhenDone()
  }

  // MARK: Hello

  private func greet(_ frame: Frame) {
    switch handshake.receive(frame) {
    case .welcome(let body, let instance):
      clientName = String(instance.prefix(64))
      isWelcome = true
      decoder.lengthBytesMax = server.limits.frameBytesMax
      output.appendFrame(.hello, body)
      send()
      server.metrics.connections.increment()
      watchTimer?.cancel()
      watchSilence()
    case .refuse(let reason):
      server.metrics.hellosRefused.increment()
      Log.shared.warning(
        "rpc hello refused",
        ["peer": .string("\(peer)"), "reason": .string(reason.reason)])
      goAway(reason)
    }
  }

  /// By TLS: no certificate, another authority's, no TLS at all.
  private func strangerWasRefused(_ error: TLSError) {
    server.metrics.hellosRefused.increment()
    Log.shared.warning(
      "rpc hello refused",
      ["peer": .string("\(peer)"), "reason": .string("tls"), "error": .error(error)])
  }

  private func helloIsLate() {
    server.metrics.hellosRefused.increment()
    Log.shared.warning("rpc hello is late", ["peer": .string("\(peer)")])
    close()
  }

  private func watchSilence() {
    let limit = server.limits.idleTimeout
    watchTimer = EventLoop.shared.schedule(after: limit / 4) { [weak self] in
      guard let self else { return }
      if EventLoop.shared.now - heardAt > limit.wholeMilliseconds * 1_000_000 {
        close(ConnectionError.deadlineExceeded)
      } else {
        watchSilence()
      }
    }
  }

  // MARK: Calls

  private func begin(_ frame: Frame) {
    guard calls[frame.callID] == nil else { return violated("call id \(frame.callID) is taken") }
    if isDraining { return refuse(frame.callID, .draining()) }
    guard running < server.limits.callsInFlightMax else {
      return refuse(frame.callID, .tooManyCalls())
    }
    let body = frame.body
    guard body.count >= 4 else { return violated("a request has no header") }
    let headerBytes = Int(UInt32(bigEndian: body.loadUnaligned(as: UInt32.self)))
    guard headerBytes <= body.count - 4 else { return violated("a header is cut off") }
    let now = EventLoop.shared.now
    let header = UnsafeRawBufferPointer(rebasing: body[4..<(4 + headerBytes)])
    guard var context = try? CallContext(decoding: header, at: now, limits: server.limits) else {
      return violated("a malformed header")
    }
    let message = UnsafeRawBufferPointer(rebasing: body[(4 + headerBytes)...])
    let span = Tracer.shared?.call(frame.methodID, &context, .server)
    let call = ServerCall(
      id: frame.callID, methodID: frame.methodID, context: context, startedAt: now, span: span)
    running += 1
    server.metrics.callsInFlight.increment()
    // Runs until its first suspension right here, so `message` need not be copied.
    let task = EventLoop.shared.begin { await self.serve(call, message) }
    if !call.isOver {
      call.task = task
      calls[call.id] = call
      watchDeadline(context.deadlineNanoseconds)
    }
  }

  private func serve(_ call: ServerCall, _ message: UnsafeRawBufferPointer) async {
    do {
      if let span = call.span {
        let answer = try await CurrentSpan.$span.withValue(span) {
          try await server.dispatch(call.methodID, message, call.context)
        }
        end(call, answer)
      } else {
        end(call, try await server.dispatch(call.methodID, message, call.context))
      }
    } catch {
      end(call, throwing: error)
    }
    running -= 1
    server.metrics.callsInFlight.decrement()
  }

  @inline(__always)
  private func end(_ call: ServerCall, _ answer: [UInt8]) {
    guard !call.isOver else { return }
    guard Frame.lengthBytesMin + answer.count <= server.limits.frameBytesMax else {
      return end(call, throwing: RPCError.tooLarge())
    }
    call.isOver = true
    if call.task != nil { calls[call.id] = nil }
    output.appendFrameHeader(.response, callID: call.id, bodyBytes: answer.count)
    output.append(answer)
    send()
    record(call, .ok)
    if isDraining { closeWhenDone() }
  }

  private func end(_ call: ServerCall, throwing error: any Error) {
    guard !call.isOver else { return }
    call.isOver = true
    if call.task != nil { calls[call.id] = nil }
    let shown = RPCError(hiding: error)
    if shown.code == .internal { logFailure(call, error) }
    sendError(shown, for: call.id)
    record(call, shown.code)
    if isDraining { closeWhenDone() }
  }

  private func logFailure(_ call: ServerCall, _ error: any Error) {
    var fields: LogFields = [
      "request_id": .string(call.context.requestID), "method_id": .int(Int(call.methodID)),
      "rpc": .string(RPCMethod(call.methodID).name), "error": .error(error),
    ]
    if let caller = call.context.caller { fields.append("user_id", .string(caller.userID)) }
    fields.append(traceParent: call.context.traceParent)
    Log.shared.error("rpc call failed", fields)
  }

  /// Cancels the call's task; what it returns is nobody's.
  private func abandon(_ call: ServerCall, _ code: RPCError.Code) {
    call.isOver = true
    call.task?.cancel()
    record(call, code)
    closeWhenDone()
  }

  /// The request's id stands in the log of every process that it passed.
  private func record(_ call: ServerCall, _ code: RPCError.Code) {
    let spent = EventLoop.shared.now - call.startedAt
    server.metrics.count(code, nanoseconds: spent)
    if let span = call.span { span.answered(code) }
    Log.shared.debug("rpc call", fields(of: call, code, spent))
  }

  private func fields(of call: ServerCall, _ code: RPCError.Code, _ spent: UInt64) -> LogFields {
    var fields: LogFields = [
      "request_id": .string(call.context.requestID), "method_id": .int(Int(call.methodID)),
      "code": .string("\(code)"), "duration": .duration(.nanoseconds(Int64(clamping: spent))),
    ]
    if let span = call.span { fields.append("trace_id", .string(span.trace.traceID)) }
    return fields
  }

  private func refuse(_ callID: UInt32, _ error: RPCError) {
    sendError(error, for: callID, flags: Frame.refusedFlag)
    server.metrics.count(error.code, nanoseconds: 0)
  }

  private func sendError(_ error: RPCError, for callID: UInt32, flags: UInt8 = 0) {
    var body = error.encode()
    if Frame.lengthBytesMin + body.count > server.limits.frameBytesMax {
      body = RPCError(error.code, error.reason, "").encode()
    }
    output.appendFrame(.error, flags: flags, callID: callID, body)
    send()
  }

  /// While draining, without calls: the client closes. One that does not gets a little time, for
  /// requests that crossed the goaway want to be told that they were refused.
  private func closeWhenDone() {
    guard isDraining, calls.isEmpty, !isClosed else { return }
    watchTimer?.cancel()
    watchTimer = EventLoop.shared.schedule(after: .milliseconds(500)) { [weak self] in
      guard let self, calls.isEmpty else { return }
      closeAfterFlush()
    }
  }

  // MARK: Deadlines

  private func watchDeadline(_ deadline: UInt64) {
    guard deadline < deadlineAt else { return }
    deadlineTimer?.cancel()
    deadlineAt = deadline
    let left = Deadline(nanoseconds: deadline).remaining
    deadlineTimer = EventLoop.shared.schedule(after: left) { [weak self] in
      self?.endLateCalls()
    }
  }

  private func endLateCalls() {
    let now = EventLoop.shared.now
    deadlineAt = .max
    for call in calls.values where call.context.deadlineNanoseconds <= now {
      calls[call.id] = nil
      sendError(.deadlinePassed(), for: call.id)
      abandon(call, .deadlineExceeded)
    }
    if let next = calls.values.map(\.context.deadlineNanoseconds).min() { watchDeadline(next) }
  }
}
