import Observability
import Testing

@testable import Events

struct EventTracesTests {
  @Test func keepsWhatIsRecordedAndNothingTwice() {
    var traces = EventTraces()
    let recorded = Trace(sampled: true)
    for text in [recorded.text, recorded.text, Trace(sampled: false).text, "", "x"] {
      traces.add(text)
    }
    #expect(traces.places == [recorded])
    #expect(EventTraces(parsing: traces.text).places == [recorded])
  }

  @Test func isBounded() {
    let text = (0..<1_000).map { _ in Trace(sampled: true).text }.joined(separator: " ")
    #expect(EventTraces(parsing: text).places.count == EventTraces.countMax)
    var traces = EventTraces()
    for part in text.split(separator: " ") { traces.add(String(part)) }
    #expect(traces.places.count == EventTraces.countMax)
  }

  @Test(arguments: ["", " ", "x y z", "00-0-0-01", String(repeating: " ", count: 10_000)])
  func whatIsNoTraceIsLeftOut(text: String) {
    #expect(EventTraces(parsing: text).isEmpty)
  }
}
