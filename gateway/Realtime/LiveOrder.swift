/// Puts the events of one channel in order, each once: pure.
///
/// They come by publish and subscribe, which may lose them, and from several processes, which may
/// swap and repeat them. An event is due when it is one more than the last.
nonisolated struct LiveOrder<Item> {
  typealias Numbered = (seq: Int64, item: Item)

  /// Events that wait for others before them; those beyond are looked for again later.
  private let aheadMax: Int
  /// The event that was told last; nil until a snapshot says where to begin.
  private(set) var last: Int64?
  /// The latest event that is known to be there.
  private var latest: Int64 = 0
  private var ahead: [Int64: Item] = [:]

  init(aheadMax: Int = 512) { self.aheadMax = aheadMax }

  /// Events are missing between those that were told and those that are known.
  var isBehind: Bool { last.map { $0 < latest } ?? false }

  /// The first of those that wait for missing ones.
  var firstAhead: Int64? { ahead.keys.min() }

  /// An event has come. What is due now, in order: nothing, where it was told already.
  mutating func take(_ seq: Int64, _ item: Item) -> [Numbered] {
    latest = max(latest, seq)
    if let last, seq == last + 1 {
      self.last = seq
      return [(seq, item)] + due()
    }
    if seq > last ?? .min, ahead.count < aheadMax { ahead[seq] = item }
    return []
  }

  /// That there is such an event is known from elsewhere.
  mutating func expect(_ seq: Int64) { latest = max(latest, seq) }

  /// Begins behind the first snapshot, which tells of the event `seq`; later ones change nothing.
  /// What is due now.
  mutating func begin(at seq: Int64) -> [Numbered] {
    expect(seq)
    return last == nil ? jump(to: seq) : []
  }

  /// Goes on behind a snapshot, which tells of the event `seq`. What is due now.
  mutating func jump(to seq: Int64) -> [Numbered] {
    last = max(last ?? .min, seq)
    latest = max(latest, seq)
    ahead = ahead.filter { $0.key > seq }
    return due()
  }

  private mutating func due() -> [Numbered] {
    guard var last, !ahead.isEmpty else { return [] }
    var result: [Numbered] = []
    while let item = ahead.removeValue(forKey: last + 1) {
      last += 1
      result.append((last, item))
    }
    self.last = last
    return result
  }
}
