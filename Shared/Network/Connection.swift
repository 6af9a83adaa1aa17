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
  /// `nil`: the bytes go over the socket as they are.
  public final let tls: TLSSession?
  /// Ciphertext that the socket has not taken yet.
  private final var sealed = ByteBuffer()
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
    descriptor: Int32, peer: SocketAddress, tls: TLSSession? = nil,
    limits: ConnectionLimits = ConnectionLimits()
  ) {
    self.peer = peer
    self.tls = tls
    self.limits = limits
    super.init(descriptor: descriptor, trigger: .edge)
    if let tls, tls.hasOutput { setNeedsFlush() }
  }

  /// Takes the socket over from another connection, with its TLS session, what it has received and
  /// not consumed, and what it has not sent yet. That one is closed, and told so, without the peer
  /// noticing. Look at `input` first: it tells of new bytes only.
  public init(takingOver other: Connection, limits: ConnectionLimits) {
    precondition(!other.isClosed, "a closed connection has no socket")
    peer = other.peer
    tls = other.tls
    self.limits = limits
    // First of all: a descriptor is in the epoll set once.
    other.surrender()
    super.init(descriptor: other.descriptor, trigger: .edge)
    swap(&input, &other.input)
    swap(&output, &other.output)
    swap(&sealed, &other.sealed)
    (canWrite, readEndSeen) = (other.canWrite, other.readEndSeen)
    peerHasClosed = other.peerHasClosed
    swap(&onClosed, &other.onClosed)
    other.closed(nil)
    setNeedsFlush()
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

  /// Sends at once what the socket takes: for who must know what is left. May close.
  public final func sendNow() {
    if !isClosed { write() }
  }

  /// What has not been handed to the kernel.
  public final var queuedBytes: Int { output.count + sealed.count }

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
    if error == nil, let tls {
      // As far as the socket takes it: the peer learns that nothing was cut off.
      tls.shutdown(into: &sealed)
      _ = transmit(&sealed)
    }
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
      if !output.isEmpty || !sealed.isEmpty { setNeedsFlush() }
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
      case .lastMoved:
        received()
        if !isClosed { end() }
        return
      case .ended: return end()
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
    /// The last bytes: the peer's session has ended with them.
    case lastMoved
    case failed(any Error)
  }

  private final func end() {
    peerHasClosed = true
    canRead = false
    endOfInput()
  }

  private final func receive(_ room: Int) -> Outcome {
    if let tls { return receive(tls) }
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
    let failure = if let tls { writeSealed(tls) } else { transmit(&output) }
    if let failure { return close(failure) }
    if output.isEmpty && sealed.isEmpty {
      output.releaseIfEmpty()
      if closesAfterFlush { close(nil) } else { drained() }
    } else if output.count > limits.outputBytesMax {
      close(ConnectionError.outputOverflow)
    }
  }

  /// Sends from the front of a buffer as long as the socket takes bytes.
  private final func transmit(_ buffer: inout ByteBuffer) -> (any Error)? {
    while canWrite && !buffer.isEmpty {
      let bytes = buffer.readableBytes
      let count = Glibc.send(
        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 {
        buffer.consume(count)
      } else if case .failed(let error) = failure("send", &canWrite) {
        return error
      }
    }
    return nil
  }

  /// Sends what the session has to say, and `output` through it.
  private final func writeSealed(_ tls: TLSSession) -> (any Error)? {
    repeat {
      do throws(TLSError) {
        try tls.encrypt(&output, into: &sealed)
      } catch {
        return error
      }
      if output.isEmpty && closesAfterFlush { tls.shutdown(into: &sealed) }
      if let error = transmit(&sealed) { return error }
    } while sealed.isEmpty && tls.canSend && !output.isEmpty
    if sealed.isEmpty { sealed.releaseIfEmpty() }
    return nil
  }

  /// Reads ciphertext into memory that all connections share.
  private final func receive(_ tls: TLSSession) -> Outcome {
    let count = recv(descriptor, Self.ciphertext.baseAddress, Self.ciphertext.count, 0)
    if count < 0 { return failure("receive", &canRead) }
    if count < Self.ciphertext.count { canRead = readEndSeen }
    if count == 0 { return .ended }
    let before = input.count
    do throws(TLSError) {
      try tls.received(UnsafeRawBufferPointer(rebasing: Self.ciphertext[..<count]), into: &input)
    } catch {
      // The alert tells the peer why; whether it arrives is not waited for.
      _ = writeSealed(tls)
      return .failed(error)
    }
    if tls.hasOutput || (tls.canSend && !output.isEmpty) { setNeedsFlush() }
    if tls.peerHasShutDown { return input.count > before ? .lastMoved : .ended }
    return input.count > before ? .moved : .wait
  }

  private static let ciphertext = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 64 << 10, alignment: 16)

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
