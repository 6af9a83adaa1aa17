/// What a connection has sent and not had answered, in order. Each entry has a number that counts
/// up, so that a cancelled one is found without a search.
struct PendingQueue<Entry> {
  private var ring: [Entry?]
  private(set) var firstNumber = 0
  private(set) var count = 0

  init() { ring = Array(repeating: nil, count: 64) }

  var isEmpty: Bool { count == 0 }
  var numbers: Range<Int> { firstNumber..<(firstNumber + count) }

  mutating func append(_ entry: Entry) -> Int {
    if count == ring.count { grow() }
    let number = firstNumber + count
    ring[number & (ring.count - 1)] = entry
    count += 1
    return number
  }

  mutating func popFirst() -> Entry? {
    guard count > 0 else { return nil }
    let position = firstNumber & (ring.count - 1)
    let entry = ring[position]
    ring[position] = nil
    firstNumber += 1
    count -= 1
    return entry
  }

  var first: Entry? { count == 0 ? nil : ring[firstNumber & (ring.count - 1)] }

  /// The entry with this number, or nil if it is answered.
  subscript(number: Int) -> Entry? {
    get { numbers.contains(number) ? ring[number & (ring.count - 1)] : nil }
    set {
      precondition(numbers.contains(number))
      ring[number & (ring.count - 1)] = newValue
    }
  }

  private mutating func grow() {
    var larger: [Entry?] = Array(repeating: nil, count: ring.count * 2)
    for number in numbers {
      larger[number & (larger.count - 1)] = ring[number & (ring.count - 1)]
    }
    ring = larger
  }
}
