/// Chooses the less loaded of two at random: nearly as even as looking at all of them, and no herd
/// runs to the one that was idle a moment ago.
nonisolated struct LoadBalancer {
  private var generator: SmallGenerator

  init(seed: UInt64) { generator = SmallGenerator(seed: seed) }

  /// An index below `count` (at least 1), preferring the lower `load`.
  @inline(__always)
  mutating func pick(count: Int, load: (Int) -> Int) -> Int {
    guard count > 1 else { return 0 }
    let first = Int(generator.next() % UInt64(count))
    // A second one that is never the first.
    let offset = 1 + Int(generator.next() % UInt64(count - 1))
    let second = (first + offset) % count
    return load(second) < load(first) ? second : first
  }
}

/// SplitMix64: for choices and jitter, never for secrets.
nonisolated struct SmallGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
