import Testing

@testable import Observability

struct TraceTests {
  @Test func textOfATraceIsReadBack() throws {
    let trace = Trace(sampled: true)
    #expect(trace.text.utf8.count == 55)
    #expect(Trace(parsing: trace.text) == trace)
    #expect(trace.text.hasPrefix("00-\(trace.traceID)-"))
  }

  @Test func exampleOfTheRecommendation() throws {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let trace = try #require(Trace(parsing: text))
    #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(trace.span == 0x00f0_67aa_0ba9_02b7)
    #expect(trace.isSampled)
    #expect(trace.text == text)
  }

  @Test func childKeepsTheTraceAndGetsASpanOfItsOwn() {
    let parent = Trace()
    let child = parent.child()
    #expect(child.traceID == parent.traceID)
    #expect(child.span != parent.span)
  }

  @Test func laterVersionsAreReadAsFarAsTheyAreKnown() {
    let text = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-what-comes"
    #expect(Trace(parsing: text)?.text == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
  }

  @Test(arguments: [
    "", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
    "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
    "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
  ])
  func malformedParentsAreRefused(_ text: String) {
    #expect(Trace(parsing: text) == nil)
  }

  @Test func requestIDsDifferAndAreAcceptable() {
    let ids = Set((0..<1000).map { _ in RequestID.make() })
    #expect(ids.count == 1000)
    #expect(ids.allSatisfy { $0.utf8.count == 32 && RequestID.isAcceptable($0) })
  }

  @Test(arguments: ["", "a b", "a\n", "\"", "é", String(repeating: "a", count: 65)])
  func strangeRequestIDsAreNotKept(_ text: String) {
    #expect(!RequestID.isAcceptable(text))
  }
}
