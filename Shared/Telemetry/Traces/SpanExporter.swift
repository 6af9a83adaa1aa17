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
  /// Less than a batch is to go too: the time has come, or the end.
  private var takesAll = false
  private lazy var delivery = Delivery("span", authorities: destination.authorities) {
    [unowned self] in nextParcel()
  }
  private lazy var chore = Chore(every: Self.interval) { [weak self] in self?.exportAll() }

  init(_ tracer: Tracer, to destination: TraceDestination, _ identity: ProcessIdentity) {
    self.tracer = tracer
    self.destination = destination
    batch = SpanBatch(identity: identity)
  }

  deinit {}

  func start() {
    tracer.onBatch = { [weak self] in self?.delivery.wake() }
    chore.start()
    // So that the metrics are there before the first span.
    delivery.drop(0)
  }

  func end(by deadline: Deadline) async {
    chore.stop()
    countDropped()
    takesAll = true
    await delivery.end(by: deadline)
  }

  private func exportAll() {
    countDropped()
    guard tracer.waiting > 0 else { return }
    takesAll = true
    delivery.wake()
  }

  private func countDropped() {
    delivery.drop(tracer.dropped - knownDropped)
    knownDropped = tracer.dropped
  }

  private func nextParcel() -> Delivery.Parcel? {
    guard takesAll || tracer.waiting >= Tracer.batchMax else { return nil }
    let spans = tracer.takeBatch()
    // What comes from now on waits for its own time.
    if tracer.waiting == 0 { takesAll = false }
    guard !spans.isEmpty else { return nil }
    let request = OutgoingRequest(
      .post, destination.url,
      headers: [("Content-Type", SpanBatch.contentType)] + destination.headers,
      body: batch.encode(spans), timeLimit: Delivery.timeLimit, bodyBytesMax: 4 << 10,
      cutsBody: true)
    return Delivery.Parcel(request: request, count: spans.count)
  }
}
