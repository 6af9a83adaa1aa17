import Redis

/// An event as a stream holds it, and what its consumer answers.
enum StreamMessage {
  /// The stream of a consuming service.
  static func stream(of consumer: String) -> String { "focal:events:" + consumer }
  /// What no consumer could take.
  static let deadStream = "focal:events:dead"
  /// On which a producing process hears what was taken.
  static func answers(to producer: String) -> String { "focal:taken:" + producer }

  /// Adds the event, and lets go of the oldest entries of a stream that is too long.
  static func add(_ event: Event, to consumer: String, from producer: String) -> [RedisArgument] {
    [
      "XADD", .string(stream(of: consumer)), "MAXLEN", "~", .int(EventStreams.lengthMax), "*",
      "id", .string(event.id), "topic", .string(event.topic), "payload", .bytes(event.payload),
      "from", .string(producer),
    ]
  }

  /// Who published the entry, and what.
  static func read(_ entry: StreamEntry) -> (event: Event, producer: String)? {
    guard let id = entry.text("id"), let topic = entry.text("topic"),
      let payload = entry.fields["payload"], let producer = entry.text("from")
    else { return nil }
    return (Event(id: id, topic: topic, payload: payload), producer)
  }
}

/// What a consumer tells the producer of events that came by its stream.
nonisolated struct StreamAnswer: Hashable, Sendable {
  enum Outcome: Hashable, Sendable {
    case taken
    /// Given up, for this reason.
    case dead(String)
  }

  var consumer: String
  var eventIDs: [String]
  var outcome = Outcome.taken

  init(consumer: String, eventIDs: [String], outcome: Outcome = .taken) {
    self.consumer = consumer
    self.eventIDs = eventIDs
    self.outcome = outcome
  }

  /// Lines: `taken` or `dead`, the consumer, the ids with spaces between; then the reason.
  var bytes: [UInt8] {
    var lines = [consumer, eventIDs.joined(separator: " ")]
    switch outcome {
    case .taken: lines.insert("taken", at: 0)
    case .dead(let reason):
      lines.insert("dead", at: 0)
      lines.append(reason)
    }
    return Array(lines.joined(separator: "\n").utf8)
  }

  init?(bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    let lines = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
    guard lines.count >= 3 else { return nil }
    consumer = String(lines[1])
    eventIDs = lines[2].split(separator: " ").map(String.init)
    switch (lines[0], lines.count) {
    case ("taken", 3): outcome = .taken
    case ("dead", 4): outcome = .dead(String(lines[3]))
    default: return nil
    }
  }
}
