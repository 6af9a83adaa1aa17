import Observability

/// The traces in whose course the events of an entry came about, as far as those are recorded: pure.
nonisolated struct EventTraces {
  /// Of one entry; of more a consumer's span would only grow.
  static let countMax = 8

  private(set) var places: [Trace] = []

  init() {}

  /// W3C traceparents with blanks between; what is none is left out.
  init(parsing text: String) {
    for part in text.split(separator: " ", maxSplits: Self.countMax).prefix(Self.countMax) {
      add(String(part))
    }
  }

  var isEmpty: Bool { places.isEmpty }

  var text: String { places.map(\.text).joined(separator: " ") }

  /// - Parameter traceParent: of the call that made the event; may be empty.
  mutating func add(_ traceParent: String) {
    guard !traceParent.isEmpty, places.count < Self.countMax,
      let place = Trace(parsing: traceParent), place.isSampled, !places.contains(place)
    else { return }
    places.append(place)
  }
}

extension Tracer {
  /// The span of events that are applied together: part of the first one's trace, linked to the
  /// others. Nil where none is recorded.
  func consumption(of events: Int, from stream: String, _ traces: [Trace]) -> Span? {
    guard let first = traces.first else { return nil }
    let span = child(
      of: first, "process \(stream)", .consumer,
      [
        "messaging.system": "redis", "messaging.operation.type": "process",
        "messaging.destination.name": .string(stream),
        "messaging.batch.message_count": .int(events),
      ])
    for other in traces.dropFirst().prefix(EventTraces.countMax * 4) { span.link(to: other) }
    return span
  }
}
