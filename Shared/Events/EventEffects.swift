import EventLoop
import Observability
import Wire

/// What the events of each topic do: applies many at once, and finds out which of them cannot be
/// applied.
struct EventEffects {
  enum Outcome: Equatable {
    case taken
    case failed(String)
    /// Somebody is away, or there was no time left.
    case notNow
  }

  private var topics: [String: EventConsumer.Apply] = [:]

  /// Events of one call.
  static let batchMax = 512

  mutating func add(_ topic: String, _ apply: @escaping EventConsumer.Apply) {
    topics[topic] = apply
  }

  /// One outcome for each; those of a topic are applied in their order.
  ///
  /// - Parameter batch: at most so many at once.
  func apply(
    _ events: [Event], by deadline: Deadline, atOnce batch: Int = batchMax
  ) async -> [Outcome] {
    var outcomes = [Outcome](repeating: .notNow, count: events.count)
    for (topic, places) in Self.groups(of: events) {
      guard let apply = topics[topic] else {
        // A newer replica may know it.
        for place in places { outcomes[place] = .failed("no topic \(topic)") }
        continue
      }
      let call = Call(apply: apply, events: events, deadline: deadline)
      var rest = places[...]
      while !rest.isEmpty {
        await call.run(rest.prefix(batch), &outcomes)
        rest = rest.dropFirst(batch)
      }
    }
    return outcomes
  }

  /// The events' places by topic. Mostly there is one.
  private static func groups(of events: [Event]) -> [String: [Int]] {
    guard let topic = events.first?.topic, events.allSatisfy({ $0.topic == topic }) else {
      return Dictionary(grouping: events.indices) { events[$0].topic }
    }
    return [topic: Array(events.indices)]
  }

  private struct Call {
    let apply: EventConsumer.Apply
    let events: [Event]
    let deadline: Deadline

    /// Those at the places: together, or where that fails, half by half.
    func run(_ places: ArraySlice<Int>, _ outcomes: inout [Outcome]) async {
      guard !deadline.hasPassed else { return }
      let batch = places.map { events[$0] }
      let context = CallContext(
        deadlineNanoseconds: deadline.nanoseconds, requestID: batch[0].id,
        traceParent: Tracer.shared == nil ? "" : CurrentSpan.span?.trace.text ?? "")
      do {
        try await apply(batch, context)
        for place in places { outcomes[place] = .taken }
      } catch {
        Log.shared.debug(
          "events not applied",
          [
            "first": .string(batch[0].id), "count": .int(batch.count),
            "topic": .string(batch[0].topic), "error": .error(error),
          ])
        guard !Setback.isTransient(error) else { return }
        guard batch.count > 1 else {
          outcomes[places[places.startIndex]] = .failed("\(error)")
          return
        }
        let middle = places.startIndex + places.count / 2
        await run(places[..<middle], &outcomes)
        await run(places[middle...], &outcomes)
      }
    }
  }
}
