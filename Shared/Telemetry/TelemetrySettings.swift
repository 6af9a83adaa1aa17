import Configuration
import Observability

/// Where errors and traces go, if anywhere.
public struct TelemetrySettings {
  /// `APP_ENV`.
  public let environment: String
  let sentry: SentryDSN?
  let traces: TraceDestination?

  /// One trace of a hundred, where nobody says otherwise.
  static let ratioDefault = 0.01

  public init(_ environment: Environment) {
    self.environment = environment.string("APP_ENV", default: "production")
    if !Self.isName(self.environment) {
      environment.report("APP_ENV", "is 1 to 64 letters, digits, -, _ and .")
    }
    sentry = Self.sentry(environment)
    traces = Self.traces(environment)
  }

  private static func sentry(_ environment: Environment) -> SentryDSN? {
    guard let text = environment.optionalSecret("SENTRY_DSN") else { return nil }
    do {
      return try SentryDSN(parsing: text.reveal())
    } catch {
      environment.report("SENTRY_DSN", error.text)
      return nil
    }
  }

  private static func traces(_ environment: Environment) -> TraceDestination? {
    guard let endpoint = environment.optionalString("OTEL_EXPORTER_OTLP_ENDPOINT") else {
      return nil
    }
    let wire = environment.string("OTEL_EXPORTER_OTLP_PROTOCOL", default: "http/protobuf")
    if wire != "http/protobuf" {
      environment.report("OTEL_EXPORTER_OTLP_PROTOCOL", "is http/protobuf, nothing else is spoken")
    }
    let name = environment.string("OTEL_TRACES_SAMPLER", default: "parentbased_traceidratio")
    let ratio = environment.double("OTEL_TRACES_SAMPLER_ARG", default: ratioDefault, in: 0...1)
    let sampler = Sampler(name: name, ratio: ratio)
    if sampler == nil {
      environment.report(
        "OTEL_TRACES_SAMPLER", "is one of \(Sampler.names.joined(separator: ", "))")
    }
    let url = checked(environment, "OTEL_EXPORTER_OTLP_ENDPOINT") {
      () throws(TraceDestination.Fault) in try TraceDestination.url(below: endpoint)
    }
    let list = environment.optionalSecret("OTEL_EXPORTER_OTLP_HEADERS")?.reveal() ?? ""
    let headers = checked(environment, "OTEL_EXPORTER_OTLP_HEADERS") {
      () throws(TraceDestination.Fault) in try TraceDestination.headers(list)
    }
    guard let url, let headers, let sampler else { return nil }
    return TraceDestination(
      url: url, headers: headers, sampler: sampler,
      authorities: environment.optionalString("OTEL_EXPORTER_OTLP_CERTIFICATE"))
  }

  private static func checked<Value>(
    _ environment: Environment, _ name: String,
    _ read: () throws(TraceDestination.Fault) -> Value
  ) -> Value? {
    do {
      return try read()
    } catch {
      environment.report(name, error.text)
      return nil
    }
  }

  private static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }
}
