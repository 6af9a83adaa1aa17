import CPostgres
import EventLoop

/// Makes a connection without blocking: libpq says what it waits for, the loop waits.
final class PostgresHandshake {
  private let settings: PostgresSettings
  private var onEnd: ((Result<OpaquePointer, PostgresError>) -> Void)?
  private var handle: OpaquePointer?
  private var source: DescriptorSource?
  private var timer: LoopTimer?

  /// `onEnd` is called once, with the connection or why there is none, unless cancelled before.
  init(
    _ settings: PostgresSettings,
    onEnd: @escaping (Result<OpaquePointer, PostgresError>) -> Void
  ) {
    self.settings = settings
    self.onEnd = onEnd
  }

  func start(host: String, addresses: [String]) {
    let parameters = settings.parameters(host: host, addresses: addresses)
    handle = CStrings.with(parameters.map(\.name)) { names in
      CStrings.with(parameters.map(\.value)) { values in PQconnectStartParams(names, values, 1) }
    }
    guard let handle, PQstatus(handle) != CONNECTION_BAD else { return fail(message) }
    // By default libpq prints notices to stderr.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    timer = EventLoop.shared.schedule(after: settings.connectTimeout) { [weak self] in
      self?.fail("connecting took too long")
    }
    watch(writable: true)
  }

  /// Gives up, silently.
  func cancel() {
    onEnd = nil
    timer?.cancel()
    source?.close()
    source = nil
    if let handle { PQfinish(handle) }
    handle = nil
  }

  private func advance() {
    switch PQconnectPoll(handle) {
    case PGRES_POLLING_READING: watch(writable: false)
    case PGRES_POLLING_WRITING: watch(writable: true)
    case PGRES_POLLING_OK: succeed()
    default: fail(message)
    }
  }

  /// libpq may have closed its socket and opened another under the same number, which epoll does
  /// not know then: each step registers anew.
  private func watch(writable: Bool) {
    source?.close()
    let source = DescriptorSource(PQsocket(handle))
    self.source = source
    source.watchWritable(writable)
    source.onReady = { [unowned self] readiness in
      let isDue = readiness.contains(writable ? .writable : .readable)
      if isDue || readiness.contains(.hangUp) { advance() }
    }
  }

  private func succeed() {
    guard let handle, let onEnd else { return }
    self.handle = nil
    cancel()
    onEnd(.success(handle))
  }

  private func fail(_ message: String) {
    let onEnd = onEnd
    cancel()
    onEnd?(.failure(PostgresError(.unavailable, message)))
  }

  private var message: String {
    guard let handle, let text = PQerrorMessage(handle) else { return "out of memory" }
    return PostgresError.firstLine(String(cString: text))
  }
}
