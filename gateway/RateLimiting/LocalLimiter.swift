/// The limits of this process alone, while Redis is away: bounded, and forgotten when full of
/// entries that no longer matter.
struct LocalLimiter {
  private var arrivals: [String: Double] = [:]
  private let entriesMax: Int

  init(entriesMax: Int = 100_000) { self.entriesMax = entriesMax }

  var count: Int { arrivals.count }

  mutating func decide(_ key: String, _ algorithm: GCRA, now: Double) -> RateDecision {
    if arrivals.count >= entriesMax, arrivals[key] == nil { makeRoom(now: now) }
    var arrival = arrivals[key] ?? now
    let decision = algorithm.decide(&arrival, now: now)
    arrivals[key] = arrival
    return decision
  }

  /// What `decide` would say now.
  func foresee(_ key: String, _ algorithm: GCRA, now: Double) -> RateDecision {
    var arrival = arrivals[key] ?? now
    return algorithm.decide(&arrival, now: now)
  }

  /// Forgets who is at their full limit anyway; if that is nobody, everybody.
  private mutating func makeRoom(now: Double) {
    arrivals = arrivals.filter { $0.value > now }
    if arrivals.count >= entriesMax { arrivals.removeAll(keepingCapacity: true) }
  }
}
