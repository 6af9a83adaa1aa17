/// When a delivery that failed is sent again, and when it is given up.
nonisolated struct RetryRule: Sendable {
  static let attemptsMax = 8
  private static let delayMax = 6 * 3600.0

  /// Seconds before the second attempt; each further one waits four times as long: with 5, the last
  /// attempt comes after seven hours.
  var firstDelay: Double = 5

  /// Gone for ever, says the receiver (RFC 9110 section 15.5.11).
  private static let gone = 410

  /// Seconds until the next attempt, nil after the last one. Of the full delay a random half to the
  /// whole, so that what failed together does not come back together.
  func delay(
    afterAttempt attempts: Int, status: Int?, random: Double = Double.random(in: 0...1)
  ) -> Double? {
    guard attempts < Self.attemptsMax, status != Self.gone else { return nil }
    var delay = firstDelay
    for _ in 1..<max(attempts, 1) where delay < Self.delayMax { delay *= 4 }
    return min(delay, Self.delayMax) * (0.5 + random / 2)
  }

  static func isSuccess(_ status: Int) -> Bool { (200...299).contains(status) }
}
