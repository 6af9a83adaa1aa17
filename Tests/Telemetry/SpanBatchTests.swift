import Observability
import Testing

@testable import Telemetry

/// That an independent reader understands the bytes, Tests/EndToEnd shows.
@Suite struct SpanBatchTests {
  @Test func aBatchIsBounded() {
    let tracer = Tracer(sampler: Sampler(name: "always_on", ratio: 1)!)
    var batches = 0
    tracer.onBatch = { batches += 1 }
    for _ in 0..<5_000 {
      tracer.root("GET", incoming: nil, isTrusted: false)?.end()
    }
    #expect(tracer.waiting == Tracer.waitingMax && batches == 1)
    #expect(tracer.dropped == 5_000 - Tracer.waitingMax)
    let batch = tracer.takeBatch()
    #expect(batch.count == Tracer.batchMax && tracer.waiting == Tracer.waitingMax - batch.count)
    let identity = ProcessIdentity(
      name: "x", version: "1", instance: "i", environment: "e", host: "h")
    #expect(SpanBatch(identity: identity).encode(batch).count < batch.count * 200)
  }
}
