import CLinux

/// A point on the monotonic clock by which something must be done.
public nonisolated struct Deadline: Hashable, Comparable, Sendable {
  /// Nanoseconds of CLOCK_MONOTONIC.
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let distantFuture = Deadline(nanoseconds: .max)

  public static func after(_ duration: Duration) -> Deadline {
    let (sum, overflow) = focal_monotonic_ns().addingReportingOverflow(duration.clampedNanoseconds)
    return overflow ? .distantFuture : Deadline(nanoseconds: sum)
  }

  /// What is left; zero when it has passed.
  public var remaining: Duration {
    let now = focal_monotonic_ns()
    return nanoseconds > now ? .nanoseconds(Int64(clamping: nanoseconds - now)) : .zero
  }

  public var hasPassed: Bool { focal_monotonic_ns() >= nanoseconds }

  public static func < (left: Deadline, right: Deadline) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Duration {
  /// Whole nanoseconds, from zero to what fits.
  nonisolated var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max >> 1 : min(product &+ UInt64(attoseconds / 1_000_000_000), .max >> 1)
  }
}

/// The wall clock.
public nonisolated enum WallClock {
  /// Milliseconds since the epoch, UTC.
  public static var milliseconds: Int64 { focal_realtime_ms() }
}
