import Network

/// The protocol of one socket without its I/O: bytes in, messages and answers out (RFC 6455, 7692).
///
/// Pings are answered, close frames too; the first thing that breaks the protocol or a bound ends it
/// with the close frame that says so. Between messages it owns no memory.
struct WebSocketSession: ~Copyable {
  enum Step {
    case needMore
    /// Valid until the next call.
    case message(WebSocketMessage)
    /// The socket is of no use any more; the close frame, if one is due, is in the output. Once.
    case ended(SocketEnd)
    /// Both close frames were sent: only the connection is left to close.
    case finished
  }

  enum Phase {
    case open
    /// Our close frame is sent; the peer's is waited for, and its messages are dropped.
    case closing
    /// The peer has broken the protocol: nothing that comes can be understood.
    case failed
    case finished
  }

  private(set) var phase = Phase.open
  private let limit: Int
  private let isCompressed: Bool
  private var reader = FrameReader()
  /// The kind of the message at hand, from its first frame to its last.
  private var kind: Opcode?
  private var isDeflated = false
  private var message = ByteBuffer()
  private var validator = UTF8Validator()
  /// The payload of the control frame at hand.
  private var control: [UInt8] = []
  private var isDelivered = false

  init(messageBytesMax: Int, isCompressed: Bool) {
    limit = messageBytesMax
    self.isCompressed = isCompressed
  }

  /// What it holds of a message or a control frame that is not whole.
  var heldBytes: Int { message.count + control.count }

  /// Gives what has come; call `next` until it needs more, and keep the bytes until then.
  mutating func feed(_ bytes: UnsafeRawBufferPointer) {
    if phase == .open || phase == .closing { reader.feed(bytes) }
  }

  mutating func next(_ output: inout ByteBuffer) -> Step {
    if isDelivered { forgetMessage() }
    while phase == .open || phase == .closing {
      switch reader.next() {
      case .needMore: return .needMore
      case .violation:
        return fail(.protocolError, "a frame's length or a control frame is malformed", &output)
      case .part(let frame, let bytes, let isFirst, let isLast):
        if isFirst, phase == .open, let failure = refusal(frame) {
          return fail(failure.code, failure.reason, &output)
        }
        let step =
          frame.opcode >= 8
          ? takeControl(frame, bytes, isLast: isLast, &output)
          : takeData(frame, bytes, isLast: isLast, &output)
        if let step { return step }
      }
    }
    return phase == .finished ? .finished : .needMore
  }

  /// Sends a close frame, if none was sent yet. The reason is cut to the 123 bytes that fit.
  mutating func close(_ code: CloseCode, _ reason: String, _ output: inout ByteBuffer) {
    guard phase == .open else { return }
    phase = .closing
    // The owner may be reading the message this moment.
    if !isDelivered { forgetMessage() }
    Self.appendClose(code, reason, &output)
  }

  static func appendPing(to output: inout ByteBuffer) {
    FrameHeader(opcode: .ping, payloadBytes: 0).append(to: &output)
  }

  // Frames.

  private func refusal(
    _ frame: FrameReader.Frame
  ) -> (code: CloseCode, reason: String)? {
    guard let opcode = Opcode(rawValue: frame.opcode) else {
      return (.protocolError, "a frame's opcode is reserved")
    }
    guard frame.isMasked else { return (.protocolError, "a client's frames are masked") }
    // RSV1 marks a deflated message, on its first frame.
    let mayBeDeflated = isCompressed && (opcode == .text || opcode == .binary)
    guard frame.reserved & (mayBeDeflated ? 3 : 7) == 0 else {
      return (.protocolError, "a reserved bit is set")
    }
    if opcode.isControl { return nil }
    guard (opcode == .continuation) == (kind != nil) else {
      return (
        .protocolError,
        kind == nil ? "nothing is there to be continued" : "a message begins inside another"
      )
    }
    let deflated = opcode == .continuation ? isDeflated : frame.reserved & 4 != 0
    guard frame.payloadBytes <= UInt64(bound(deflated) - message.count) else {
      return (.messageTooBig, "a message has over \(limit) bytes")
    }
    return nil
  }

  /// What cannot be deflated grows by five bytes for each block.
  private func bound(_ deflated: Bool) -> Int { deflated ? limit + limit >> 6 + 64 : limit }

  private mutating func takeData(
    _ frame: FrameReader.Frame, _ bytes: UnsafeRawBufferPointer, isLast: Bool,
    _ output: inout ByteBuffer
  ) -> Step? {
    guard phase == .open, let opcode = Opcode(rawValue: frame.opcode) else { return nil }
    let kind = self.kind ?? opcode
    if self.kind == nil {
      self.kind = kind
      isDeflated = frame.reserved & 4 != 0
    }
    let isWhole = isLast && frame.isFinal
    if kind == .text, !isDeflated, !validator.accept(bytes) {
      return fail(.invalidPayload, "text is not UTF-8", &output)
    }
    // What has come in one piece needs no copy.
    if isWhole, message.isEmpty { return deliver(kind, bytes, &output) }
    message.append(bytes)
    return isWhole ? deliver(kind, message.readableBytes, &output) : nil
  }

  private mutating func deliver(
    _ kind: Opcode, _ bytes: UnsafeRawBufferPointer, _ output: inout ByteBuffer
  ) -> Step? {
    isDelivered = true
    var whole = bytes
    if isDeflated {
      switch Inflater.shared.inflate(bytes, limit: limit) {
      case .message(let inflated): whole = inflated
      case .tooBig: return fail(.messageTooBig, "a message has over \(limit) bytes", &output)
      case .invalid: return fail(.invalidPayload, "a message cannot be inflated", &output)
      }
      if kind == .text, !validator.accept(whole) {
        return fail(.invalidPayload, "text is not UTF-8", &output)
      }
    }
    guard validator.isComplete else {
      return fail(.invalidPayload, "text is not UTF-8", &output)
    }
    return .message(kind == .text ? .text(whole) : .binary(whole))
  }

  private mutating func forgetMessage() {
    isDelivered = false
    kind = nil
    validator = UTF8Validator()
    message.clear()
    message.releaseIfEmpty()
  }

  // Control frames.

  private mutating func takeControl(
    _ frame: FrameReader.Frame, _ bytes: UnsafeRawBufferPointer, isLast: Bool,
    _ output: inout ByteBuffer
  ) -> Step? {
    control += bytes
    guard isLast else { return nil }
    let payload = control
    control = []
    switch frame.opcode {
    case Opcode.ping.rawValue where phase == .open:
      FrameHeader(opcode: .pong, payloadBytes: payload.count).append(to: &output)
      output.append(payload)
      return nil
    case Opcode.close.rawValue: return takeClose(payload, &output)
    default: return nil
    }
  }

  private mutating func takeClose(_ payload: [UInt8], _ output: inout ByteBuffer) -> Step? {
    guard phase == .open else {
      phase = .finished
      return .finished
    }
    guard payload.count >= 2 else {
      guard payload.isEmpty else {
        return fail(.protocolError, "a close frame has half a code", &output)
      }
      phase = .finished
      Self.appendClose(nil, "", &output)
      return .ended(SocketEnd(.peer, .noStatus))
    }
    let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
    guard code.mayBeSent else {
      return fail(.protocolError, "a close frame has the code \(code.rawValue)", &output)
    }
    var validator = UTF8Validator()
    guard payload.withUnsafeBytes({ validator.accept(.init(rebasing: $0[2...])) }),
      validator.isComplete
    else {
      return fail(.invalidPayload, "a close frame's reason is not UTF-8", &output)
    }
    phase = .finished
    Self.appendClose(code, "", &output)
    return .ended(SocketEnd(.peer, code, String(decoding: payload[2...], as: UTF8.self)))
  }

  private mutating func fail(
    _ code: CloseCode, _ reason: String, _ output: inout ByteBuffer
  ) -> Step {
    let wasOpen = phase == .open
    phase = .failed
    forgetMessage()
    reader = FrameReader()
    guard wasOpen else { return .finished }
    Self.appendClose(code, reason, &output)
    return .ended(SocketEnd(.violation, code, reason))
  }

  private static func appendClose(
    _ code: CloseCode?, _ reason: String, _ output: inout ByteBuffer
  ) {
    guard let code else {
      return FrameHeader(opcode: .close, payloadBytes: 0).append(to: &output)
    }
    var text = reason
    while text.utf8.count > 123 { text.unicodeScalars.removeLast() }
    FrameHeader(opcode: .close, payloadBytes: 2 + text.utf8.count).append(to: &output)
    output.append(bigEndian: code.rawValue)
    output.append(text)
  }
}
