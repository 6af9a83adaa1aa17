import EventLoop
import Observability
import Redis
import Security

/// The streams that a service publishes its events to, and what their consumers answer.
///
/// Redis is disposable: nothing here is certain but an answer. What has none is published again from
/// the outbox.
final class EventStreams {
  /// A stream keeps about as many entries; what it lets go is published again from the outbox.
  nonisolated static let lengthMax = 4_000
  /// Events of one entry.
  private static let batchMax = 128
  private static let batchBytesMax = 64 << 10
  /// Nobody waits for them: what comes within this goes as one entry.
  private static let gathering = Duration.milliseconds(20)

  /// A consumer has taken events, or given one up.
  var onAnswer: (StreamAnswer) -> Void = { _ in }
  /// Redis is back: what it lost can be published again.
  var onReady: () -> Void = {}

  private let redis: RedisConnection
  private let answers: RedisSubscription
  /// This process, unlike all others.
  private let producer = UUIDv7.makeText()
  private var batches: [String: Batch] = [:]
  private var flush: LoopTimer?

  private struct Batch {
    var events: [Event] = []
    var byteCount = 0
    var traces = EventTraces()
  }

  init(_ redis: RedisConnection, answers: RedisSubscription) {
    self.redis = redis
    self.answers = answers
    answers.onMessage = { [weak self] _, payload in
      guard let self else { return }
      if let answer = StreamAnswer(bytes: payload) {
        onAnswer(answer)
      } else {
        Log.shared.warning("an answer of a stream's consumer is malformed")
      }
    }
    answers.onReady = { [weak self] in self?.onReady() }
  }

  deinit {}

  /// Answers to what is published now would be heard.
  var isReady: Bool { redis.isReady && answers.isReady }

  func start() {
    do {
      try answers.subscribe(StreamMessage.answers(to: producer))
    } catch {
      Log.shared.error("answers of consumers are not heard", ["error": .error(error)])
    }
    answers.start()
  }

  func stop() {
    sendAll()
    answers.close()
  }

  /// Soon. Nobody waits for Redis: the consumer's answer counts.
  ///
  /// - Parameter traceParent: of the call that made the event; may be empty.
  func publish(_ event: Event, to consumer: String, traceParent: String = "") {
    if let batch = batches[consumer],
      batch.events.count >= Self.batchMax
        || batch.byteCount + event.payload.count > Self.batchBytesMax
    {
      send(consumer)
    }
    batches[consumer, default: Batch()].events.append(event)
    batches[consumer]?.byteCount += event.payload.count
    if Tracer.shared != nil { batches[consumer]?.traces.add(traceParent) }
    guard flush == nil else { return }
    flush = EventLoop.shared.schedule(after: Self.gathering) { [weak self] in self?.sendAll() }
  }

  private func sendAll() {
    flush?.cancel()
    flush = nil
    for consumer in Array(batches.keys) { send(consumer) }
  }

  private func send(_ consumer: String) {
    guard let batch = batches.removeValue(forKey: consumer) else { return }
    redis.post(StreamMessage.add(batch.events, to: consumer, from: producer, traces: batch.traces))
  }

  func backlog(of consumer: String) async throws(RedisError) -> StreamBacklog {
    try await StreamConsumer.backlog(
      of: StreamMessage.stream(of: consumer), group: consumer, redis)
  }
}
