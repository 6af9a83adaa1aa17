import Wire

/// Who takes the events of a topic, and how they get there.
struct Consumer {
  /// Calls the consumer with an encoded event; throws when it did not take it.
  typealias Delivery = (_ payload: [UInt8], _ context: CallContext) async throws -> Void

  enum Way {
    /// At once, and the caller waits: the user's next read sees the effect.
    case awaited(Delivery)
    /// At once, and nobody waits.
    case background(Delivery)
    /// By a stream that the consumer reads when it can.
    case stream
  }

  let name: String
  let way: Way
  /// One bit, the same in all topics.
  let bit: UInt64

  var isAwaited: Bool { if case .awaited = way { true } else { false } }
  var isStream: Bool { if case .stream = way { true } else { false } }
}

/// The consumers of a topic.
struct ConsumerSet {
  private(set) var all: [Consumer] = []
  /// All consumers' bits.
  private(set) var everybody: UInt64 = 0
  /// The only consumer, where it is awaited: mostly so.
  private(set) var onlyAwaited: Consumer?

  mutating func add(_ consumer: Consumer) {
    precondition(everybody & consumer.bit == 0, "\(consumer.name) consumes the topic already")
    all.append(consumer)
    everybody |= consumer.bit
    onlyAwaited = all.count == 1 && consumer.isAwaited ? consumer : nil
  }

  /// The bits of these names; names that are none of the set's do not count.
  func bits(_ names: [String]) -> UInt64 {
    all.reduce(0) { names.contains($1.name) ? $0 | $1.bit : $0 }
  }

  func names(_ bits: UInt64) -> [String] {
    all.filter { bits & $0.bit != 0 }.map(\.name)
  }
}
