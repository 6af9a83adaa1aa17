/// The pending timers, the earliest first: a binary heap in which each timer knows its place, so
/// that cancelling one costs O(log n) and leaves nothing behind.
struct TimerHeap {
  private var heap: [LoopTimer] = []

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }
  var nextDue: UInt64? { heap.first?.due }

  mutating func insert(_ timer: LoopTimer) {
    timer.index = heap.count
    heap.append(timer)
    siftUp(from: heap.count - 1)
  }

  mutating func remove(_ timer: LoopTimer) {
    let index = timer.index
    guard index >= 0, index < heap.count, heap[index] === timer else { return }
    timer.index = -1
    let last = heap.removeLast()
    guard index < heap.count else { return }
    place(last, at: index)
    siftUp(from: index)
    siftDown(from: last.index)
  }

  /// The earliest timer, if it is due; removed.
  mutating func popDue(at now: UInt64) -> LoopTimer? {
    guard let first = heap.first, first.due <= now else { return nil }
    remove(first)
    return first
  }

  private mutating func place(_ timer: LoopTimer, at index: Int) {
    heap[index] = timer
    timer.index = index
  }

  private mutating func siftUp(from start: Int) {
    var index = start
    let timer = heap[index]
    while index > 0 {
      let parent = (index - 1) / 2
      guard timer.due < heap[parent].due else { break }
      place(heap[parent], at: index)
      index = parent
    }
    place(timer, at: index)
  }

  private mutating func siftDown(from start: Int) {
    var index = start
    let timer = heap[index]
    while true {
      var child = 2 * index + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].due < heap[child].due { child += 1 }
      guard heap[child].due < timer.due else { break }
      place(heap[child], at: index)
      index = child
    }
    place(timer, at: index)
  }
}
