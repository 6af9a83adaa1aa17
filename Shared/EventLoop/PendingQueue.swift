/// What a connection has sent and not had answered, in order. Each entry has a number that counts
/// up, so that a cancelled one is found without a search.
public struct PendingQueue<Entry> {
  @usableFromInline var ring: [Entry?]
  @usableFromInline var firstNumber = 0
  @usableFromInline var entryCount = 0

  @inlinable public var count: Int { entryCount }

  @inlinable public init() { ring = Array(repeating: nil, count: 64) }

  @inlinable public var isEmpty: Bool { count == 0 }
  @inlinable public var numbers: Range<Int> { firstNumber..<(firstNumber + count) }

  @inlinable public mutating func append(_ entry: Entry) -> Int {
    if count == ring.count { grow() }
    let number = firstNumber + count
    ring[number & (ring.count - 1)] = entry
    entryCount += 1
    return number
  }

  @inlinable public mutating func popFirst() -> Entry? {
    guard count > 0 else { return nil }
    let position = firstNumber & (ring.count - 1)
    let entry = ring[position]
    ring[position] = nil
    firstNumber += 1
    entryCount -= 1
    return entry
  }

  @inlinable public var first: Entry? { count == 0 ? nil : ring[firstNumber & (ring.count - 1)] }

  /// The entry with this number, or nil if it is answered.
  @inlinable public subscript(number: Int) -> Entry? {
    get { numbers.contains(number) ? ring[number & (ring.count - 1)] : nil }
    set {
      precondition(numbers.contains(number))
      ring[number & (ring.count - 1)] = newValue
    }
  }

  @usableFromInline mutating func grow() {
    var larger: [Entry?] = Array(repeating: nil, count: ring.count * 2)
    for number in numbers {
      larger[number & (larger.count - 1)] = ring[number & (ring.count - 1)]
    }
    ring = larger
  }
}
