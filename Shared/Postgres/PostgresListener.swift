import EventLoop

/// LISTEN on a connection of its own, renewed when it breaks.
public final class PostgresListener {
  private let settings: PostgresSettings
  private let channel: String
  private let onListening: () -> Void
  private let onPayload: (String) -> Void
  private var connection: PostgresConnection?
  private var retryTimer: LoopTimer?
  private var failures = 0
  private var isClosed = false

  init(
    _ settings: PostgresSettings, channel: String, onListening: @escaping () -> Void,
    onPayload: @escaping (String) -> Void
  ) {
    self.settings = settings
    self.channel = channel
    self.onListening = onListening
    self.onPayload = onPayload
    connect()
  }

  public func close() {
    isClosed = true
    retryTimer?.cancel()
    connection?.close()
    connection = nil
  }

  private func connect() {
    let connection = PostgresConnection(settings)
    self.connection = connection
    connection.onReady = { [weak self] in self?.listen() }
    connection.onClosed = { [weak self] _ in self?.retry() }
    connection.onNotification = { [weak self] channel, payload in
      guard let self, channel == self.channel else { return }
      onPayload(payload)
    }
    connection.resolveAndStart()
  }

  private func listen() {
    guard let connection else { return }
    let name = channel.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"")
    Task {
      let deadline = Deadline.after(PostgresPool.defaultTimeout).nanoseconds
      let outcome = await connection.run(
        Query(unprepared: "LISTEN \"\(name)\""), [],
        .init(segment: .own, sentAt: EventLoop.shared.now, deadline: deadline))
      switch outcome {
      case .success:
        failures = 0
        onListening()
      case .failure(let error): connection.close(error)
      }
    }
  }

  private func retry() {
    connection = nil
    guard !isClosed else { return }
    failures += 1
    let ceiling = min(1_000, 50 << min(failures - 1, 5))
    retryTimer = EventLoop.shared.schedule(
      after: .milliseconds(Int.random(in: ceiling / 2...ceiling))
    ) { [weak self] in self?.connect() }
  }
}

extension PostgresPool {
  /// Calls `onPayload` for each NOTIFY on `channel`, until the listener is closed. `onListening` is
  /// called each time listening begins (again): what was notified before is missed, so look then.
  public func listen(
    _ channel: String, onListening: @escaping () -> Void = {},
    _ onPayload: @escaping (String) -> Void
  ) -> PostgresListener {
    PostgresListener(settings, channel: channel, onListening: onListening, onPayload: onPayload)
  }
}
