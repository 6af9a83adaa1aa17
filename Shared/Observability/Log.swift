import Glibc

/// The log: one JSON object a line on standard output.
///
///     Log.shared.info("listening", ["port": 7101])
///     let log = Log.shared.with(["request_id": .string(context.requestID)])
///     log.error("could not save", ["error": .error(error)])
///
/// Lines gather in a buffer that is written once a turn of the loop (see `whenDirty`), or when it
/// is large. A reader that is too slow costs lines, counted in `linesDropped`, never time.
public final class Log {
  public static let shared = Log(service: "focal", output: DescriptorOutput(descriptor: 1))

  /// Written at once above this size.
  static let flushBytes = 32 << 10
  /// What may wait for a slow reader; lines beyond it are dropped.
  static let bufferedBytesMax = 1 << 20

  /// Lines below it are not written.
  public var level = LogLevel.info
  /// Called when lines begin to wait: arrange for `flush()` at the end of the turn. Until it
  /// is set every line is written at once.
  public var whenDirty: (() -> Void)?
  /// Told of what is logged at `error` and has its cause in this process (Sentry, see `Telemetry`). Must
  /// not log an error itself.
  public var onError: ((_ message: String, _ fields: LogFields) -> Void)?
  /// Lines that found the buffer full.
  public private(set) var linesDropped = 0
  /// Lines written at `warning` and `error`, for the metrics.
  public private(set) var warnings = 0
  public private(set) var errors = 0

  private let output: any LogOutput
  private var encoder = LogEncoder()
  private var time = LogTime()
  private var origin: [UInt8]
  private var isAwaitingFlush = false

  init(service: String, output: any LogOutput) {
    self.output = output
    origin = LogEncoder.origin(service: service, process: getpid())
  }

  /// Names the process: first thing in `Main`.
  public func start(service: String, level: LogLevel) {
    origin = LogEncoder.origin(service: service, process: getpid())
    self.level = level
  }

  public func debug(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]
  ) {
    if level <= .debug { write(.debug, message(), fields()) }
  }

  public func info(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]
  ) {
    if level <= .info { write(.info, message(), fields()) }
  }

  public func warning(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]
  ) {
    if level <= .warning { write(.warning, message(), fields()) }
  }

  /// - Parameter isEcho: the process that is to blame has logged it already, and told `onError`.
  public func error(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:],
    isEcho: Bool = false
  ) {
    let message = message()
    let fields = fields()
    write(.error, message, fields)
    if !isEcho { onError?(message, fields) }
  }

  /// The same log, with fields that every line gets.
  public func with(_ fields: LogFields) -> ScopedLog { ScopedLog(log: self, fields: fields) }

  /// Writes what waits, as far as the reader takes it.
  public func flush() {
    isAwaitingFlush = false
    guard !encoder.bytes.isEmpty else { return }
    let written = encoder.bytes.withUnsafeBytes { output.write($0) }
    if let written, written < encoder.bytes.count {
      encoder.removeFirst(written)
    } else {
      encoder.clear()
    }
  }

  /// For the end of the process: waits for a slow reader, at most this long.
  public func flush(waitingAtMost limit: Duration) {
    let clock = ContinuousClock()
    let end = clock.now + limit
    flush()
    while !encoder.bytes.isEmpty, clock.now < end {
      usleep(1000)
      flush()
    }
  }

  func write(_ level: LogLevel, _ message: String, _ fields: LogFields, _ more: LogFields = [:]) {
    if level == .warning { warnings += 1 }
    if level == .error { errors += 1 }
    if encoder.bytes.count >= Log.bufferedBytesMax {
      flush()
      guard encoder.bytes.count < Log.bufferedBytesMax else {
        linesDropped += 1
        return
      }
    }
    encoder.line(
      time: &time, level: level, origin: origin, message: message, fields: fields, more)
    if encoder.bytes.count >= Log.flushBytes { return flush() }
    guard let whenDirty else { return flush() }
    guard !isAwaitingFlush else { return }
    isAwaitingFlush = true
    whenDirty()
  }
}

/// A log whose every line carries some fields: the request's id, a connection's peer.
public struct ScopedLog {
  let log: Log
  let fields: LogFields

  public func debug(
    _ message: @autoclosure () -> String, _ more: @autoclosure () -> LogFields = [:]
  ) {
    if log.level <= .debug { log.write(.debug, message(), fields, more()) }
  }

  public func info(
    _ message: @autoclosure () -> String, _ more: @autoclosure () -> LogFields = [:]
  ) {
    if log.level <= .info { log.write(.info, message(), fields, more()) }
  }

  public func warning(
    _ message: @autoclosure () -> String, _ more: @autoclosure () -> LogFields = [:]
  ) {
    if log.level <= .warning { log.write(.warning, message(), fields, more()) }
  }

  public func error(
    _ message: @autoclosure () -> String, _ more: @autoclosure () -> LogFields = [:]
  ) {
    log.error(message(), fields + more())
  }
}
