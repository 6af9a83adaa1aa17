/// How often a value fell below each of some bounds, with their sum and count.
public final class Histogram {
  /// Seconds, from 0.5 ms to 10 s: what a request takes.
  public nonisolated static let requestSeconds: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  /// Upper bounds, inclusive, growing, without the infinite one.
  public let bounds: [Double]
  /// One for each bound, not cumulative, and the infinite one last.
  private(set) var counts: [UInt64]
  public private(set) var sum = 0.0

  public init(bounds: [Double] = Histogram.requestSeconds) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds must grow")
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  public var count: UInt64 { counts.reduce(0, &+) }

  public func observe(_ value: Double) {
    var index = 0
    while index < bounds.count, value > bounds[index] { index += 1 }
    counts[index] &+= 1
    sum += value
  }

  /// For histograms in seconds.
  public func observe(_ duration: Duration) { observe(duration.inSeconds) }

  /// For histograms in seconds, from nanoseconds.
  public func observe(nanoseconds: UInt64) { observe(Double(nanoseconds) * 1e-9) }
}
