/// Who has taken which event, of events that some consumer has not: pure.
///
/// Forgetting one costs a second delivery, nothing else.
nonisolated struct Handovers {
  private struct Entry {
    let everybody: UInt64
    var taken: UInt64
    /// The server under which the event was handed over.
    let serverStart: String?

    /// Returns who has taken it now.
    mutating func take(_ consumers: UInt64) -> UInt64 {
      taken |= consumers
      return taken
    }
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

  /// The event is about to be handed over. What is known of it stays; returns who has taken it.
  @discardableResult
  mutating func begin(
    _ id: String, everybody: UInt64, taken: UInt64 = 0, serverStart: String?
  ) -> UInt64 {
    if entries.count >= Self.entriesMax { entries.removeAll() }
    let new = Entry(everybody: everybody, taken: 0, serverStart: serverStart)
    return entries[id, default: new].take(taken)
  }

  /// Consumers have taken the event. Not nil when those were the last.
  mutating func take(_ id: String, _ consumers: UInt64) -> Done? {
    guard let place = entries.index(forKey: id) else { return nil }
    let entry = entries.values[place]
    guard entries.values[place].take(consumers) & entry.everybody == entry.everybody else {
      return nil
    }
    entries.remove(at: place)
    return Done(id: id, serverStart: entry.serverStart)
  }

  mutating func forget(_ id: String) { entries[id] = nil }

  /// What was taken may be lost.
  mutating func forgetAll() { entries.removeAll() }
}
