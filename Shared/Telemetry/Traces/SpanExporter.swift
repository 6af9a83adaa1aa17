import Courier
import EventLoop
import Observability

/// Takes the tracer's spans away: a batch when it is full, and every few seconds what there is.
final class SpanExporter {
  private static let interval = Duration.seconds(5)

  private let tracer: Tracer
  private let destination: TraceDestination
  private let batch: SpanBatch
  private var knownDropped = 0
  private lazy var delivery = Delivery("span", authorities: destination.authorities) {
    [unowned self] in nextParcel()
  }
  private lazy var chore = Chore(every: Self.interval) { [weak self] in self?.export() }

  init(_ tracer: Tracer, to destination: TraceDestination, _ identity: ProcessIdentity) {
    self.tracer = tracer
    self.destination = destination
    batch = SpanBatch(identity: identity)
  }

  deinit {}

  func start() {
    tracer.onBatch = { [weak self] in self?.export() }
    chore.start()
    // So that the metrics are there before the first span.
    delivery.drop(0)
  }

  func end(by deadline: Deadline) async {
    chore.stop()
    countDropped()
    await delivery.end(by: deadline)
  }

  private func export() {
    countDropped()
    if tracer.waiting > 0 { delivery.wake() }
  }

  private func countDropped() {
    delivery.drop(tracer.dropped - knownDropped)
    knownDropped = tracer.dropped
  }

  private func nextParcel() -> Delivery.Parcel? {
    let spans = tracer.takeBatch()
    guard !spans.isEmpty else { return nil }
    let request = OutgoingRequest(
      .post, destination.url,
      headers: [("Content-Type", SpanBatch.contentType)] + destination.headers,
      body: batch.encode(spans), timeLimit: Delivery.timeLimit, bodyBytesMax: 4 << 10,
      cutsBody: true)
    return Delivery.Parcel(request: request, count: spans.count)
  }
}
