import EventLoop
import Network

/// A connection that speaks in frames: finds them, answers pings, knows when the peer was silent.
class FrameConnection: Connection {
  /// Small until the peer is known.
  final var decoder = FrameDecoder(lengthBytesMax: Frame.helloLengthBytesMax)
  /// When bytes came last (monotonic nanoseconds).
  final private(set) var heardAt = EventLoop.shared.now
  /// Frames wait in `input` because the peer does not read our output.
  private final var isHeld = false
  /// No frame is taken any more.
  private final var isClosing = false

  /// A frame has arrived; its body is valid until this returns.
  func received(_ frame: Frame) { preconditionFailure("abstract") }

  /// The peer broke the protocol.
  func violated(_ message: String) {
    goAway(Goaway(reason: "protocol", message: message))
  }

  /// Whether further frames must wait for `drained()`.
  var mustHold: Bool { false }

  final override func received() {
    heardAt = EventLoop.shared.now
    takeFrames()
  }

  override func drained() {
    guard isHeld else { return }
    isHeld = false
    resumeReading()
    takeFrames()
  }

  final func sendPing(_ body: [UInt8]) {
    output.appendFrame(.ping, body)
    send()
  }

  /// Says why, and closes.
  final func goAway(_ reason: Goaway) {
    isClosing = true
    output.appendFrame(.goaway, reason.encode())
    closeAfterFlush()
  }

  private final func takeFrames() {
    while !isClosed && !isClosing {
      if mustHold {
        isHeld = true
        pauseReading()
        return
      }
      switch decoder.decode(input.readableBytes) {
      case .frame(let frame, let bytes):
        received(frame)
        input.consume(bytes)
      case .incomplete(let needed):
        // A large frame: one buffer for all of it instead of one doubling after the other.
        if needed > input.count { input.reserve(needed - input.count) }
        return
      case .failure(let error):
        violated("no frame: \(error)")
      }
    }
    // What a closing peer still sends is nobody's.
    input.clear()
  }

  /// Answers a ping. Pings and pongs of any other shape are violations.
  final func pinged(_ frame: Frame) {
    guard frame.body.count <= Frame.pingBytesMax else { return violated("a ping is too long") }
    output.appendFrameHeader(.pong, bodyBytes: frame.body.count)
    output.append(frame.body)
    send()
  }
}
