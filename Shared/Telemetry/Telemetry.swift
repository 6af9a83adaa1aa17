import EventLoop
import Observability

/// Errors to Sentry and traces by OTLP, as far as they are wanted. Where they are not, nothing of this is
/// there: no tracer, nobody who is told of errors.
public final class ProcessTelemetry {
  /// How long the end of a process waits for its last events and spans.
  public static let endLimit = Duration.seconds(2)

  private let reporter: SentryReporter?
  private let exporter: SpanExporter?

  /// Takes effect at once: what is put together afterwards finds the tracer.
  public init(_ settings: TelemetrySettings, _ identity: ProcessIdentity) {
    reporter = settings.sentry.map { SentryReporter($0, identity) }
    if let reporter { Log.shared.onError = { reporter.report($0, $1) } }
    exporter = settings.traces.map { destination in
      let tracer = Tracer(sampler: destination.sampler)
      Tracer.shared = tracer
      return SpanExporter(tracer, to: destination, identity)
    }
  }

  deinit {}

  /// After the settings were found good.
  public func start() {
    reporter?.start()
    exporter?.start()
  }

  /// Sends what is left; both at the same time, and not for longer than `endLimit`.
  public func end() async {
    let deadline = Deadline.after(Self.endLimit)
    let traces = Task { await exporter?.end(by: deadline) }
    await reporter?.end(by: deadline)
    await traces.value
  }
}
