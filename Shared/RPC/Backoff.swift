/// Pauses between attempts: each about twice the last one, up to a limit, and never the same for
/// two clients.
nonisolated struct Backoff {
  let shortest: Duration
  let longest: Duration
  private(set) var failures = 0

  init(from shortest: Duration, to longest: Duration) {
    self.shortest = shortest
    self.longest = longest
  }

  mutating func succeeded() { failures = 0 }

  /// How long to wait after one more failure: from half of this step's length to all of it.
  mutating func failed(using generator: inout some RandomNumberGenerator) -> Duration {
    let step = min(longest, shortest * (1 << min(failures, 16)))
    failures += 1
    return step * Double.random(in: 0.5...1, using: &generator)
  }
}
