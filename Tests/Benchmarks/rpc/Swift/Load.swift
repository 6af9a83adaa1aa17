import EventLoop
import Network
import RPC
import Wire

/// Calls with 100 bytes, a fixed number of them in flight, for some seconds after one to warm up.
final class Load {
  private let address: Address
  private let inFlight: Int
  private let seconds: Double
  private let server: Int32
  private let message = [UInt8](repeating: 120, count: 100)
  private var latencies: [Float] = []
  private var isMeasuring = false
  private var isOver = false
  private var failures = 0

  init(address: Address, inFlight: Int, seconds: Double, server: Int32) {
    self.address = address
    self.inFlight = inFlight
    self.seconds = seconds
    self.server = server
    latencies.reserveCapacity(8_000_000)
  }

  func run() async -> Int32 {
    let client = RPCClient(
      service: EchoServer.service, addresses: [address], secret: Main.secret, instance: "bench")
    client.start()
    let callers = (0..<inFlight).map { _ in Task { await call(client) } }
    try? await Task.sleep(for: .seconds(1))
    let clock = ContinuousClock()
    let start = clock.now
    let before = (server: ProcessTime.of(server), own: ProcessTime.ofThisProcess())
    isMeasuring = true
    try? await Task.sleep(for: .seconds(seconds))
    isMeasuring = false
    let elapsed = start.duration(to: clock.now) / .seconds(1)
    let after = (server: ProcessTime.of(server), own: ProcessTime.ofThisProcess())
    isOver = true
    for caller in callers { await caller.value }
    guard failures == 0, !latencies.isEmpty else {
      print("\(failures) calls failed")
      return 1
    }
    report(elapsed, server: after.server - before.server, own: after.own - before.own)
    return 0
  }

  private func call(_ client: RPCClient) async {
    while !isOver {
      let start = Deadline.after(.zero).nanoseconds
      let context = CallContext(
        deadlineNanoseconds: start + 10_000_000_000, requestID: "bench")
      do {
        let answer = try await client.call(EchoServer.method, idempotent: false, message, context)
        if answer.count != message.count { failures += 1 }
      } catch {
        failures += 1
        return
      }
      guard isMeasuring else { continue }
      latencies.append(Float(Deadline.after(.zero).nanoseconds - start) / 1000)
    }
  }

  private func report(_ elapsed: Double, server: Double, own: Double) {
    latencies.sort()
    let count = Double(latencies.count)
    func one(_ value: Double) -> String { String((value * 100).rounded() / 100) }
    print(
      """
      in flight \(inFlight): \(Int(count / elapsed)) calls/s  \
      server \(one(server * 1e6 / count)) us  client \(one(own * 1e6 / count)) us  \
      total \(one((server + own) * 1e6 / count)) us  \
      p50 \(Int(latencies[latencies.count / 2])) us  \
      p99 \(Int(latencies[latencies.count * 99 / 100])) us
      """)
  }
}
