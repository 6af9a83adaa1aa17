/// Bounds retries to a share of the calls, so that a service in trouble gets no storm on top.
nonisolated struct RetryBudget {
  /// Retries that may come at once.
  static let burst = 64.0
  /// Retries that each call earns.
  static let share = 0.2

  private(set) var tokens = RetryBudget.burst

  mutating func earn() { tokens = min(RetryBudget.burst, tokens + RetryBudget.share) }

  /// Takes one retry, if there is one.
  mutating func spend() -> Bool {
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}
