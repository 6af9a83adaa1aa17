import EventLoopTesting

/// Changes bytes at random, as a seed repeats it.
struct Mutator {
  private var generator: SeededGenerator
  /// Pieces that get past the first checks of a parser.
  private let dictionary: [[UInt8]]

  init(seed: UInt64, dictionary: [[UInt8]]) {
    generator = SeededGenerator(seed: seed)
    self.dictionary = dictionary
  }

  mutating func pick<T>(_ values: [T]) -> T { values[index(values.count)] }

  /// One to six changes of `bytes`; `others` lend their parts.
  mutating func mutate(_ bytes: [UInt8], _ others: [[UInt8]]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...index(6) { change(&bytes, others) }
    return bytes
  }

  private mutating func index(_ count: Int) -> Int {
    count == 0 ? 0 : Int(generator.next() % UInt64(count))
  }

  private mutating func range(in count: Int) -> Range<Int> {
    let start = index(count + 1)
    return start..<start + index(min(count - start, 64) + 1)
  }

  private mutating func change(_ bytes: inout [UInt8], _ others: [[UInt8]]) {
    let place = index(bytes.count + 1)
    switch index(9) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(index(8))
    case 1 where place < bytes.count: bytes[place] = UInt8(index(256))
    case 2 where place < bytes.count:
      bytes[place] = pick([0, 1, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x7b, 0x5b, 0x25])
    case 3: bytes.removeSubrange(range(in: bytes.count))
    case 4: bytes.insert(contentsOf: bytes[range(in: bytes.count)], at: place)
    case 5:
      let other = pick(others)
      bytes.insert(contentsOf: other[range(in: other.count)], at: place)
    case 6: bytes.insert(contentsOf: pick(dictionary), at: place)
    case 7: bytes.removeSubrange(place...)
    default: bytes.insert(UInt8(index(256)), at: place)
    }
  }
}
