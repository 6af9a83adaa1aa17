import Courier
import EventLoop
import Observability
import Wire

/// Tells Sentry of errors.
final class SentryReporter {
  /// Events that wait to be sent; further ones are lost.
  static let waitingMax = 100

  private let dsn: SentryDSN
  private let identity: ProcessIdentity
  private var groups = ErrorGroups()
  private var waiting = PendingQueue<SentryEvent>()
  private lazy var delivery = Delivery("error") { [unowned self] in nextParcel() }
  private lazy var chore = Chore(every: .seconds(10)) { [weak self] in self?.tellRepeats() }
  private let repeated = Metrics.shared.counter(
    "telemetry_repeated_errors_total", "Errors that are told as a number.")

  init(_ dsn: SentryDSN, _ identity: ProcessIdentity) {
    self.dsn = dsn
    self.identity = identity
  }

  deinit {}

  func start() { chore.start() }

  func report(_ message: String, _ fields: LogFields) {
    let event = SentryEvent(message, fields, at: WallClock.milliseconds)
    switch groups.admit(event, at: EventLoop.shared.now) {
    case .send: enqueue(event)
    case .counted: repeated.increment()
    case .dropped: delivery.drop(1)
    }
  }

  func end(by deadline: Deadline) async {
    chore.stop()
    for event in groups.due(at: EventLoop.shared.now, all: true) { enqueue(event) }
    await delivery.end(by: deadline)
  }

  private func tellRepeats() {
    for event in groups.due(at: EventLoop.shared.now) { enqueue(event) }
  }

  private func enqueue(_ event: SentryEvent) {
    guard waiting.count < Self.waitingMax else { return delivery.drop(1) }
    _ = waiting.append(event)
    delivery.wake()
  }

  private func nextParcel() -> Delivery.Parcel? {
    guard let event = waiting.popFirst() else { return nil }
    let client = "focal/\(identity.version)"
    let request = OutgoingRequest(
      .post, dsn.envelopeURL,
      headers: [
        ("Content-Type", "application/x-sentry-envelope"),
        ("X-Sentry-Auth", dsn.authorization(client: client)),
      ],
      body: event.envelope(from: identity, sentAt: WallClock.milliseconds),
      timeLimit: Delivery.timeLimit, bodyBytesMax: 4 << 10, cutsBody: true)
    return Delivery.Parcel(request: request, count: 1)
  }
}
