import Observability
import Redis
import Wire

/// An event as a stream holds it, and what its consumer answers.
enum StreamMessage {
  /// The stream of a consuming service.
  static func stream(of consumer: String) -> String { "focal:events:" + consumer }
  /// What no consumer could take.
  static let deadStream = "focal:events:dead"
  /// On which a producing process hears what was taken.
  static func answers(to producer: String) -> String { "focal:taken:" + producer }

  /// Adds events as one entry, and lets go of the oldest entries of a stream that is too long.
  static func add(
    _ events: [Event], to consumer: String, from producer: String,
    traces: EventTraces = EventTraces()
  ) -> [RedisArgument] {
    let entry: [RedisArgument] = [
      "XADD", .string(stream(of: consumer)), "MAXLEN", "~", .int(EventStreams.lengthMax), "*",
      "from", .string(producer), "events", .bytes(encode(events)),
    ]
    return traces.isEmpty ? entry : entry + ["traces", .string(traces.text)]
  }

  /// Who published the entry, and what.
  static func read(_ entry: StreamEntry) -> (events: [Event], producer: String)? {
    guard let producer = entry.text("from"), let bytes = entry.fields["events"],
      let events = decode(bytes)
    else { return nil }
    return (events, producer)
  }

  /// The traces that its events belong to.
  static func traces(_ entry: StreamEntry) -> [Trace] {
    entry.text("traces").map { EventTraces(parsing: $0).places } ?? []
  }

  // MARK: - An entry's events

  private static let idBytes = 36

  /// Of each: its id, the topic with its length in a byte before, the payload with its length in
  /// four, the highest first.
  static func encode(_ events: [Event]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(events.reduce(0) { $0 + $1.payload.count + 80 })
    for event in events {
      precondition(event.id.utf8.count == idBytes && event.topic.utf8.count < 256)
      bytes.append(contentsOf: event.id.utf8)
      bytes.append(UInt8(event.topic.utf8.count))
      bytes.append(contentsOf: event.topic.utf8)
      let count = UInt32(event.payload.count)
      for shift in [24, 16, 8, 0] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: count >> shift))
      }
      bytes.append(contentsOf: event.payload)
    }
    return bytes
  }

  /// At least one event; nil where the bytes are none.
  static func decode(_ bytes: [UInt8]) -> [Event]? {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
      }
      func text(_ count: Int) -> String? {
        take(count).flatMap { isUTF8($0) ? String(decoding: $0, as: UTF8.self) : nil }
      }
      var events: [Event] = []
      while !rest.isEmpty {
        guard let id = text(idBytes), let topicCount = take(1)?.first,
          let topic = text(Int(topicCount)), let count = take(4),
          let payload = take(count.reduce(0) { $0 << 8 | Int($1) })
        else { return nil }
        events.append(Event(id: id, topic: topic, payload: Array(payload)))
      }
      return events.isEmpty ? nil : events
    }
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
    var bytes: [UInt8] = []
    bytes.reserveCapacity(64 + eventIDs.count * 37)
    bytes.append(contentsOf: (outcome == .taken ? "taken\n" : "dead\n").utf8)
    bytes.append(contentsOf: consumer.utf8)
    for (place, id) in eventIDs.enumerated() {
      bytes.append(UInt8(ascii: place == 0 ? "\n" : " "))
      bytes.append(contentsOf: id.utf8)
    }
    if eventIDs.isEmpty { bytes.append(UInt8(ascii: "\n")) }
    if case .dead(let reason) = outcome { bytes.append(contentsOf: "\n\(reason)".utf8) }
    return bytes
  }

  init?(bytes: [UInt8]) {
    let lines = bytes.split(
      separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false
    )
    // By bytes: many ids are looked through, and none has another character.
    func text(_ bytes: ArraySlice<UInt8>) -> String? {
      bytes.withUnsafeBytes { isUTF8($0) ? String(decoding: $0, as: UTF8.self) : nil }
    }
    guard lines.count >= 3, let consumer = text(lines[1]) else { return nil }
    self.consumer = consumer
    eventIDs = lines[2].split(separator: UInt8(ascii: " ")).compactMap(text)
    switch (text(lines[0]), lines.count) {
    case ("taken", 3): outcome = .taken
    case ("dead", 4):
      guard let reason = text(lines[3]) else { return nil }
      outcome = .dead(reason)
    default: return nil
    }
  }
}
