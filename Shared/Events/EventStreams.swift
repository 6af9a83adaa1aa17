import Observability
import Redis
import Security

/// The streams that a service publishes its events to, and what their consumers answer.
///
/// Redis is disposable: nothing here is certain but an answer. What has none is published again from
/// the outbox.
final class EventStreams {
  /// A stream keeps about as many entries; what it lets go is published again from the outbox.
  nonisolated static let lengthMax = 100_000

  /// A consumer has taken events, or given one up.
  var onAnswer: (StreamAnswer) -> Void = { _ in }
  /// Redis is back: what it lost can be published again.
  var onReady: () -> Void = {}

  private let redis: RedisConnection
  private let answers: RedisSubscription
  /// This process, unlike all others.
  private let producer = UUIDv7.makeText()

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

  func stop() { answers.close() }

  /// Nobody waits for Redis: the consumer's answer counts.
  func publish(_ event: Event, to consumer: String) {
    redis.post(StreamMessage.add(event, to: consumer, from: producer))
  }

  func backlog(of consumer: String) async throws(RedisError) -> StreamBacklog {
    try await StreamConsumer.backlog(
      of: StreamMessage.stream(of: consumer), group: consumer, redis)
  }
}
