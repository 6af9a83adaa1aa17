import CLinux
import Glibc

/// One step of a trace that is being recorded: who did what, from when to when.
///
/// Ends once; what is not ended is not told of.
public final class Span {
  /// As OTLP numbers them.
  public nonisolated enum Kind: UInt8, Sendable {
    case server = 2
    case client = 3
    case producer = 4
    case consumer = 5
  }

  /// Its own place: what those who are called in its course have as their parent.
  public let trace: Trace
  /// The span that it is part of; 0: it is the first one.
  public let parent: UInt64
  public let kind: Kind
  /// Few different ones: a route's pattern, a method, never an id.
  public private(set) var name: String
  /// Nanoseconds since the epoch.
  public let start: UInt64
  public private(set) var end: UInt64 = 0
  public private(set) var attributes: LogFields
  public private(set) var isFailed = false
  /// What it came of in other traces.
  public private(set) var links: [Trace] = []

  private let tracer: Tracer
  /// Monotonic: a clock that is set while it runs changes no duration.
  private let startedAt: UInt64

  init(
    _ name: String, _ kind: Kind, _ trace: Trace, parent: UInt64, attributes: LogFields,
    startedAt: UInt64?, tracer: Tracer
  ) {
    let now = focal_monotonic_ns()
    self.name = name
    self.kind = kind
    self.trace = trace
    self.parent = parent
    self.attributes = attributes
    self.tracer = tracer
    self.startedAt = min(startedAt ?? now, now)
    start = Self.wallClock &- (now &- self.startedAt)
  }

  deinit {}

  /// What became clear on the way.
  public func set(_ name: StaticString, _ value: LogValue) { attributes.append(name, value) }

  public func link(to cause: Trace) { links.append(cause) }

  public func rename(_ name: String) { self.name = name }

  /// - Parameter failed: the one who serves is to blame, or the one who called got nothing.
  public func end(failed: Bool = false) {
    guard end == 0 else { return }
    isFailed = failed
    end = start &+ (focal_monotonic_ns() &- startedAt)
    tracer.take(self)
  }

  private static var wallClock: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

/// The span in whose course this task runs, for those who are told of no call: stores.
public nonisolated enum CurrentSpan {
  /// Only where the process records traces; looking it up is not free.
  @TaskLocal public static var span: Span?
}
