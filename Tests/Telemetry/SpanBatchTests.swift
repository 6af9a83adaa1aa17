import Observability
import Testing

@testable import Telemetry

/// That an independent reader understands the bytes, Tests/EndToEnd shows.
@Suite struct SpanBatchTests {
  @Test func writesVarintsLengthsAndIDs() {
    var writer = OTLPWriter()
    writer.number(1, 300)
    writer.number(2, 0)
    writer.text(3, "ab" as String)
    writer.id(4, 0x0102_0304_0506_0708)
    writer.message(5) { $0.fixed64(1, 1) }
    #expect(
      writer.bytes == [
        0x08, 0xAC, 0x02, 0x1A, 2, 0x61, 0x62, 0x22, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x2A, 9, 0x09, 1,
        0, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test(arguments: [0, 1, 127, 128, 129, 16_383, 16_384, 70_000])
  func lengthsOfMessagesOfAnySizeAreRight(size: Int) {
    var writer = OTLPWriter()
    writer.message(1) { outer in
      for _ in 0..<size { outer.present(1, 1) }
    }
    var length = 0
    var shift = 0
    var rest = writer.bytes.dropFirst()
    while let byte = rest.popFirst() {
      length |= Int(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    #expect(length == size * 2 && rest.count == size * 2)
  }

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
