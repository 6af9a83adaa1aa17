/// Who has taken which event, of events that some consumer has not: pure.
///
/// Forgetting one costs a second delivery, nothing else.
nonisolated struct Handovers {
  private struct Entry {
    let everybody: UInt64
    var taken: UInt64
    /// The server under which the event was handed over.
    let serverStart: String?
  }

  /// An event that everybody has taken.
  struct Done: Equatable {
    let id: String
    let serverStart: String?
  }

  static let entriesMax = 50_000

  private var entries: [String: Entry] = [:]

  var count: Int { entries.count }

  /// Consumers who have taken the event, a bit each.
  func taken(_ id: String) -> UInt64 { entries[id]?.taken ?? 0 }

  /// The event is about to be handed over. What is known of it stays.
  mutating func begin(
    _ id: String, everybody: UInt64, taken: UInt64 = 0, serverStart: String?
  ) {
    if let known = entries[id] {
      entries[id]?.taken = known.taken | taken
      return
    }
    if entries.count >= Self.entriesMax { entries.removeAll() }
    entries[id] = Entry(everybody: everybody, taken: taken, serverStart: serverStart)
  }

  /// Consumers have taken the event. Not nil when those were the last.
  mutating func take(_ id: String, _ consumers: UInt64) -> Done? {
    guard var entry = entries[id] else { return nil }
    entry.taken |= consumers
    guard entry.taken & entry.everybody == entry.everybody else {
      entries[id] = entry
      return nil
    }
    entries[id] = nil
    return Done(id: id, serverStart: entry.serverStart)
  }

  mutating func forget(_ id: String) { entries[id] = nil }

  /// What was taken may be lost.
  mutating func forgetAll() { entries.removeAll() }
}
