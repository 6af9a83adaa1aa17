/// How long to wait before the next attempt to connect: 50 ms, doubled each time up to 1 s, and of
/// that a random half to the whole.
nonisolated enum RetryDelay {
  /// - Parameter failures: attempts in a row that failed, from 1.
  static func after(failures: Int) -> Duration {
    let ceiling = min(1_000, 50 << min(max(failures - 1, 0), 5))
    return .milliseconds(Int.random(in: ceiling / 2...ceiling))
  }
}
