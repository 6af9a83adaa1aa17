import EventLoopTesting

extension SeededGenerator {
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
