import CLinux
import EventLoop
import Glibc

/// How much a connection may hold.
public struct ConnectionLimits: Sendable {
  /// Reading stops when this much is waiting to be consumed.
  public var inputBytesMax: Int
  /// The connection is closed when this much cannot be sent.
  public var outputBytesMax: Int

  public nonisolated init(inputBytesMax: Int = 1 << 20, outputBytesMax: Int = 4 << 20) {
    self.inputBytesMax = inputBytesMax
    self.outputBytesMax = outputBytesMax
  }
}

/// Why a connection was closed from this side.
public enum ConnectionError: Error {
  /// The peer does not read: more than `outputBytesMax` was waiting.
  case outputOverflow
  case deadlineExceeded
}

/// A stream socket with its buffers: received bytes wait in `input`, what is put into `output` goes
/// out once at the end of the turn. Subclasses say what the bytes mean.
open class Connection: Source {
  public final var input = ByteBuffer()
  public final var output = ByteBuffer()
  public final let peer: SocketAddress
  public final let limits: ConnectionLimits
  /// Told to the listener that accepted it.
  final var onClosed: (() -> Void)?

  public private(set) final var isReadingPaused = false
  /// The peer will send no more.
  public private(set) final var peerHasClosed = false

  private final var canRead = true
  private final var canWrite = true
  private final var closesAfterFlush = false
  /// The event said that the peer has closed: a short read is not the last one then.
  private final var readEndSeen = false
  private static let readBytes = 4096
  private static let readBytesMax = 256 << 10

  public init(
    descriptor: Int32, peer: SocketAddress,
    limits: ConnectionLimits = ConnectionLimits()
  ) {
    self.peer = peer
    self.limits = limits
    super.init(descriptor: descriptor, trigger: .edge)
  }

  /// New bytes are in `input`: consume what is complete.
  open func received() {}

  /// The peer will send no more; by default the connection is closed.
  open func endOfInput() { close(nil) }

  /// `output` was sent whole.
  open func drained() {}

  /// The connection is closed; called once.
  open func closed(_ error: (any Error)?) {}

  /// Sends `output` at the end of the turn.
  public final func send() { setNeedsFlush() }

  /// Stops reading: the kernel's buffers fill, and the peer must wait.
  public final func pauseReading() { isReadingPaused = true }

  /// Reads on, and first what has come meanwhile.
  public final func resumeReading() {
    guard isReadingPaused else { return }
    isReadingPaused = false
    if canRead || peerHasClosed { setNeedsFlush() }
  }

  /// Closes when `output` is sent.
  public final func closeAfterFlush() {
    closesAfterFlush = true
    setNeedsFlush()
  }

  public final override func close() { close(nil) }

  public final func close(_ error: (any Error)?) {
    guard !isClosed else { return }
    super.close()
    onClosed?()
    onClosed = nil
    closed(error)
  }

  public final override func ready(_ readiness: Readiness) {
    if readiness.contains(.hangUp) {
      canRead = true
      readEndSeen = true
      read()
      // Both directions are gone: nobody is left to answer.
      if !isClosed { close(socketError()) }
      return
    }
    if !readiness.isDisjoint(with: [.readable, .peerClosed]) {
      canRead = true
      if readiness.contains(.peerClosed) { readEndSeen = true }
      read()
    }
    if readiness.contains(.writable), !isClosed {
      canWrite = true
      if !output.isEmpty { setNeedsFlush() }
    }
  }

  public final override func flush() {
    if !isReadingPaused && canRead && !isClosed { read() }
    guard !isClosed else { return }
    write()
  }

  /// Reads until the socket is empty, reading is paused, or `input` is full.
  private final func read() {
    while canRead && !isReadingPaused && !isClosed && input.count < limits.inputBytesMax {
      switch receive(max(Self.readBytes, min(input.count, Self.readBytesMax))) {
      case .moved: received()
      case .wait: break
      case .ended:
        peerHasClosed = true
        endOfInput()
        return
      case .failed(let error):
        close(error)
        return
      }
    }
    if input.isEmpty { input.releaseIfEmpty() }
  }

  private enum Outcome {
    case moved
    case wait
    case ended
    case failed(NetworkError)
  }

  private final func receive(_ room: Int) -> Outcome {
    var offered = 0
    let count = input.write(reserving: room) { free in
      offered = free.count
      return recv(descriptor, free.baseAddress, free.count, 0)
    }
    if count < 0 { return failure("receive", &canRead) }
    // A short read has emptied the socket: the next event says when there is more.
    if count < offered { canRead = readEndSeen }
    return count == 0 ? .ended : .moved
  }

  private final func write() {
    while canWrite && !output.isEmpty {
      let bytes = output.readableBytes
      let count = Glibc.send(
        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 {
        output.consume(count)
      } else if case .failed(let error) = failure("send", &canWrite) {
        return close(error)
      }
    }
    if output.isEmpty {
      output.releaseIfEmpty()
      if closesAfterFlush { close(nil) } else { drained() }
    } else if output.count > limits.outputBytesMax {
      close(ConnectionError.outputOverflow)
    }
  }

  /// What `errno` means: wait for the next event, try again at once, or the end.
  private final func failure(_ operation: String, _ direction: inout Bool) -> Outcome {
    switch errno {
    case EAGAIN: direction = false
    case EINTR: break
    default: return .failed(NetworkError(operation, errno: errno))
    }
    return .wait
  }

  private final func socketError() -> NetworkError? {
    let code = focal_socket_error(descriptor)
    return code == 0 ? nil : NetworkError("connection", errno: code)
  }
}
