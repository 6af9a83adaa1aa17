import EventLoop
import Redis

/// What a process depends on, each with a check that throws when it is away.
public final class HealthChecks {
  public typealias Check = (_ deadline: Deadline) async throws -> Void

  /// One dependency as it was found.
  struct Finding: Sendable {
    let name: String
    /// `ok`, `unavailable`, or `refused`: it is there, and our password is wrong.
    let status: String
    let latency: Duration
    var isWell: Bool { status == "ok" }
  }

  private var checks: [(name: String, check: Check)] = []
  private static let checkLimit = Duration.seconds(1)

  public func add(_ name: String, _ check: @escaping Check) { checks.append((name, check)) }

  /// Runs all checks side by side; each has a second.
  func run() async -> [Finding] {
    let deadline = Deadline.after(Self.checkLimit)
    let runs = checks.map { name, check in
      Task { await Self.run(name, check, deadline) }
    }
    var findings: [Finding] = []
    for run in runs { findings.append(await run.value) }
    return findings
  }

  private static func run(
    _ name: String, _ check: Check, _ deadline: Deadline
  ) async -> Finding {
    let start = EventLoop.shared.clock
    var status = "ok"
    do {
      try await check(deadline)
    } catch {
      status = (error as? RedisError)?.kind == .refused ? "refused" : "unavailable"
    }
    let spent = EventLoop.shared.clock &- start
    return Finding(name: name, status: status, latency: .nanoseconds(Int64(clamping: spent)))
  }
}

/// The answers of /health and /ready (contract: Health).
struct HealthReport {
  let service: String
  let status: String
  let findings: [HealthChecks.Finding]?

  /// Names are our own: nothing in them needs escaping.
  var json: [UInt8] {
    var text =
      #"{"status":"\#(status)","service":"\#(service)","version":"\#(ServiceHost.version)""#
    if let findings {
      let checks = findings.map { finding in
        let milliseconds =
          Double(finding.latency.components.attoseconds / 1_000_000_000_000) / 1000
          + Double(finding.latency.components.seconds) * 1000
        return #""\#(finding.name)":{"status":"\#(finding.status)","latency_ms":\#(milliseconds)}"#
      }
      text += #","checks":{\#(checks.joined(separator: ","))}"#
    }
    return Array((text + "}").utf8)
  }
}
