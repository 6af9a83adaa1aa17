/// A number that only grows. An increment is one addition: resolve children of a family once, outside
/// the hot path. Counts are exact up to 2^53.
public final class Counter {
  public private(set) var value = 0.0

  public init() {}

  @inline(__always)
  public func increment() { value += 1 }

  /// `amount` is at least 0.
  @inline(__always)
  public func add(_ amount: Double) { value += amount }

  @inline(__always)
  public func add(_ amount: Int) { value += Double(amount) }

  /// For counters in seconds.
  public func add(_ duration: Duration) { value += duration.inSeconds }
}

/// A number that goes up and down.
public final class Gauge {
  public private(set) var value = 0.0

  public init() {}

  @inline(__always)
  public func set(_ value: Double) { self.value = value }

  @inline(__always)
  public func add(_ amount: Double) { value += amount }

  @inline(__always)
  public func increment() { value += 1 }

  @inline(__always)
  public func decrement() { value -= 1 }
}

extension Duration {
  nonisolated var inSeconds: Double {
    let parts = components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }
}
