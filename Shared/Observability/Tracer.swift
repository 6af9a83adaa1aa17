/// Records the spans of sampled traces until somebody takes them away (`Telemetry`).
///
/// What nobody takes away in time is dropped and counted: it never grows, and never waits.
public final class Tracer {
  /// The process's own; nil where no traces are wanted, and then nothing else of this is touched. Set
  /// before anything is put together.
  public static var shared: Tracer?

  /// Spans that wait to be taken away.
  public static let waitingMax = 2_048
  public static let batchMax = 512

  /// Called when a batch is full.
  public var onBatch: (() -> Void)?
  /// Spans that found no place.
  public private(set) var dropped = 0
  private var finished: [Span] = []
  private let sampler: Sampler

  public init(sampler: Sampler) { self.sampler = sampler }

  deinit {}

  /// Spans that have ended and wait.
  public var waiting: Int { finished.count }

  /// The first span of this system for a request; nil: it is not sampled.
  ///
  /// - Parameters:
  ///   - trace: where it is to stand; of no use to anybody where it is not sampled.
  ///   - incoming: where the request stands in its caller's trace.
  ///   - isTrusted: whether the caller may decide what is recorded. A stranger may not: of a trace
  ///     of theirs we decide by chance, since the id, too, is of their choice.
  ///   - startedAt: monotonic nanoseconds.
  public func root(
    _ name: String, incoming: Trace?, isTrusted: Bool, startedAt: UInt64? = nil,
    _ attributes: @autoclosure () -> LogFields = [:]
  ) -> Span? {
    let trace = incoming?.child() ?? Trace()
    let isSampled =
      incoming == nil || isTrusted
      ? sampler.takes(trace, parent: incoming) : sampler.takes(number: Identifiers.next())
    guard isSampled else { return nil }
    return Span(
      name, .server, trace.sampled(true), parent: incoming?.span ?? 0, attributes: attributes(),
      startedAt: startedAt, tracer: self)
  }

  /// A part of a span of a trace that is recorded.
  public func child(
    of parent: Trace, _ name: String, _ kind: Span.Kind, _ attributes: LogFields = [:]
  ) -> Span {
    Span(
      name, kind, parent.child(), parent: parent.span, attributes: attributes, startedAt: nil,
      tracer: self)
  }

  /// The oldest ones, a batch at most.
  public func takeBatch() -> [Span] {
    let batch = Array(finished.prefix(Self.batchMax))
    finished.removeFirst(batch.count)
    return batch
  }

  func take(_ span: Span) {
    guard finished.count < Self.waitingMax else {
      dropped += 1
      return
    }
    finished.append(span)
    if finished.count == Self.batchMax { onBatch?() }
  }
}
