/// Which traces are recorded, by the names of `OTEL_TRACES_SAMPLER`.
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling>
public nonisolated struct Sampler: Hashable, Sendable {
  /// The names that `init(name:ratio:)` takes.
  public static let names = [
    "always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off",
    "parentbased_traceidratio",
  ]

  /// Where somebody trusted has begun the trace, they have decided.
  let followsParent: Bool
  /// Of 2^63: as many trace ids are below it as are to be sampled.
  private let bound: UInt64

  /// - Parameter ratio: 0 to 1, of the samplers that have one.
  /// - Returns: nil for an unknown name.
  public init?(name: String, ratio: Double) {
    guard Self.names.contains(name) else { return nil }
    followsParent = name.hasPrefix("parentbased_")
    switch name.split(separator: "_").last {
    case "on": bound = 1 << 63
    case "off": bound = 0
    default: bound = UInt64(min(max(ratio, 0), 1) * 0x1p63)
    }
  }

  /// - Parameters:
  ///   - trace: whose id decides, so that every process decides alike.
  ///   - parent: what was decided by somebody whose word counts; nil: nobody's.
  func takes(_ trace: Trace, parent: Trace?) -> Bool {
    if followsParent, let parent { return parent.isSampled }
    return takes(number: trace.traceLow)
  }

  /// The same by a number in place of a trace's id, which a stranger may have chosen.
  func takes(number: UInt64) -> Bool { number >> 1 < bound }
}
