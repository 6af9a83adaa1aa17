import Configuration
import Observability
import Testing

@testable import Telemetry

@Suite struct TraceDestinationTests {
  @Test(arguments: [
    ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
    ("https://otel.example/", "https://otel.example/v1/traces"),
    ("https://otel.example/a/b", "https://otel.example/a/b/v1/traces"),
  ])
  func tracesGoBelowTheEndpoint(endpoint: String, url: String) throws {
    #expect(try TraceDestination.url(below: endpoint) == url)
  }

  @Test(arguments: [
    "", "otel.example:4318", "grpc://otel.example", "http://", "http:///x", "http://a@b/",
    "http://a/?x", "http://a/#x", "http://a b/", "http://:4318", "http://a/\u{7f}",
  ])
  func refusesWhatIsNoBase(endpoint: String) {
    #expect(throws: TraceDestination.Fault.self) { try TraceDestination.url(below: endpoint) }
  }

  @Test func headersAreDecoded() throws {
    let headers = try TraceDestination.headers("authorization=Bearer%20a%2Cb, x-team = one")
    #expect(headers.map(\.name) == ["authorization", "x-team"])
    #expect(headers.map(\.value) == ["Bearer a,b", "one"])
    #expect(try TraceDestination.headers("").isEmpty)
  }

  @Test(arguments: ["a", "=b", "a b=c", "a=%", "a=%0", "a=%zz", "a=%0d%0aX: y", "a=%ff", "a:=b"])
  func refusesWhatIsNoHeader(list: String) {
    #expect(throws: TraceDestination.Fault.self) { try TraceDestination.headers(list) }
  }

  @Test func isNothingWithoutSettings() throws {
    let environment = Environment([:])
    let settings = TelemetrySettings(environment)
    try environment.finish()
    #expect(settings.sentry == nil && settings.traces == nil)
    #expect(settings.environment == "production")
  }

  @Test(arguments: [
    ("SENTRY_DSN", "https://sentry.example"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "x"), ("OTEL_TRACES_SAMPLER", "sometimes"),
    ("OTEL_TRACES_SAMPLER_ARG", "1.5"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ("APP_ENV", "a b"),
  ])
  func reportsWhatIsWrong(name: String, value: String) {
    let good = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"]
    let environment = Environment(good.merging([name: value]) { $1 })
    _ = TelemetrySettings(environment)
    do {
      try environment.finish()
      Issue.record("it is wrong")
    } catch {
      #expect(error.problems.map(\.name) == [name])
    }
  }
}
