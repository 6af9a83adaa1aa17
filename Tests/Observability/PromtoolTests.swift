import Foundation
import Testing

@testable import Observability

/// Prometheus' own checker, where it is installed (Debian's package `prometheus`).
struct PromtoolTests {
  nonisolated static let program = "/usr/bin/promtool"

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: program)))
  func promtoolHasNothingToSay() throws {
    let metrics = Metrics()
    ProcessMetrics.register(in: metrics)
    let requests = metrics.counters("http_requests_total", "Requests.", labels: "route", "status")
    requests.with("/api/v1/rooms/{id}", "200").add(7)
    requests.with("a \"b\" \\ \n", "500").increment()
    let seconds = metrics.histograms("rpc_request_duration_seconds", "Time.", labels: "method")
    seconds.with("auth/Login").observe(.milliseconds(3))
    metrics.gauges("events_lag_seconds", "Lag.", labels: ["consumer"]) { [(["a"], 0.5)] }
    let process = Process()
    let input = Pipe()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: PromtoolTests.program)
    process.arguments = ["check", "metrics"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    input.fileHandleForWriting.write(Data(metrics.text()))
    try input.fileHandleForWriting.close()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(
      process.terminationStatus == 0 && said.isEmpty, "\(String(decoding: said, as: UTF8.self))")
  }
}
