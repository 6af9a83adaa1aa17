/// SplitMix64: a test that fails prints its seed and can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// One to three changes: a bit, a byte, a deletion, an insertion, a repetition.
  mutating func mutate(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &self) {
      let index = Int.random(in: 0..<max(bytes.count, 1), using: &self)
      switch Int.random(in: 0..<6, using: &self) {
      case 0 where !bytes.isEmpty: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1 where !bytes.isEmpty: bytes[index] = UInt8.random(in: .min ... .max, using: &self)
      case 2 where !bytes.isEmpty: bytes.remove(at: index)
      case 3: bytes.insert(UInt8.random(in: 0x20..<0x7F, using: &self), at: min(index, bytes.count))
      case 4: bytes.removeSubrange(index...)
      default: bytes += bytes[min(index, bytes.count)...]
      }
    }
    return bytes
  }
}
