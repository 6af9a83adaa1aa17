/// Keeps calls away from a server that answers none of them: after a row of calls without an answer
/// they fail at once, and now and then a single one tries whether that is still so.
nonisolated struct CircuitBreaker {
  /// Calls in a row that got no answer by their deadline.
  static let failuresMax = 20
  static let pauseNanoseconds: UInt64 = 1_000_000_000

  private enum State {
    case closed(failures: Int)
    case open(until: UInt64)
    case trying(since: UInt64)
  }

  private var state = State.closed(failures: 0)

  /// Calls in a row that got no answer.
  @inline(__always)
  var failures: Int {
    if case .closed(let failures) = state { return failures }
    return Self.failuresMax
  }

  /// Whether a call may go at `now` (monotonic nanoseconds). After the pause the first one may.
  @inline(__always)
  mutating func admits(at now: UInt64) -> Bool {
    if case .closed = state { return true }
    return admitsTrial(at: now)
  }

  /// The server answered, whatever it said.
  @inline(__always)
  mutating func answered() {
    if case .closed(failures: 0) = state { return }
    state = .closed(failures: 0)
  }

  /// A call's deadline passed without an answer.
  mutating func unanswered(at now: UInt64) {
    switch state {
    case .closed(let failures):
      state =
        failures + 1 < CircuitBreaker.failuresMax
        ? .closed(failures: failures + 1) : .open(until: now + CircuitBreaker.pauseNanoseconds)
    case .open: break
    case .trying: state = .open(until: now + CircuitBreaker.pauseNanoseconds)
    }
  }

  private mutating func admitsTrial(at now: UInt64) -> Bool {
    switch state {
    case .closed: return true
    case .open(let until):
      guard now >= until else { return false }
    case .trying(let since):
      // A trial that was cancelled tells nothing: another may go after the same pause.
      guard now >= since + CircuitBreaker.pauseNanoseconds else { return false }
    }
    state = .trying(since: now)
    return true
  }
}
