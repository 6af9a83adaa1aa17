import Testing

@testable import Observability

@Suite struct SamplerTests {
  private func share(_ name: String, _ ratio: Double, parent: Trace? = nil) throws -> Double {
    let sampler = try #require(Sampler(name: name, ratio: ratio))
    let count = (0..<20_000).filter { _ in sampler.takes(Trace(), parent: parent) }.count
    return Double(count) / 20_000
  }

  @Test(arguments: [0, 0.1, 0.5, 1])
  func takesAsManyAsItSays(ratio: Double) throws {
    let taken = try share("traceidratio", ratio)
    #expect(abs(taken - ratio) < 0.02)
    if ratio == 0 || ratio == 1 { #expect(taken == ratio) }
  }

  @Test func onIsAllAndOffIsNone() throws {
    #expect(try share("always_on", 0) == 1 && share("always_off", 1) == 0)
    #expect(try share("parentbased_always_on", 0) == 1)
    #expect(try share("parentbased_always_off", 1) == 0)
  }

  @Test func followsAParentOnlyWhereItIsToldTo() throws {
    let yes = Trace(sampled: true)
    let no = Trace(sampled: false)
    #expect(try share("parentbased_traceidratio", 0, parent: yes) == 1)
    #expect(try share("parentbased_traceidratio", 1, parent: no) == 0)
    #expect(try share("traceidratio", 0, parent: yes) == 0)
    #expect(try share("traceidratio", 1, parent: no) == 1)
  }

  @Test(arguments: ["", "on", "ALWAYS_ON", "parentbased", "jaeger_remote"])
  func knowsNoOthers(name: String) { #expect(Sampler(name: name, ratio: 1) == nil) }
}

@Suite struct TracerTests {
  private let all = Tracer(sampler: Sampler(name: "parentbased_traceidratio", ratio: 1)!)
  private let none = Tracer(sampler: Sampler(name: "parentbased_traceidratio", ratio: 0)!)

  @Test func aRequestGoesOnInItsCallersTrace() throws {
    let incoming = Trace(sampled: true)
    let span = try #require(all.root("GET", incoming: incoming, isTrusted: true))
    #expect(span.trace.traceID == incoming.traceID && span.parent == incoming.span)
    #expect(span.trace.span != incoming.span && span.trace.isSampled)
  }

  @Test func onlyTheTrustedSayWhatIsRecorded() {
    let yes = Trace(sampled: true)
    let no = Trace(sampled: false)
    #expect(none.root("GET", incoming: yes, isTrusted: true) != nil)
    #expect(none.root("GET", incoming: yes, isTrusted: false) == nil)
    #expect(all.root("GET", incoming: no, isTrusted: true) == nil)
    #expect(all.root("GET", incoming: no, isTrusted: false)?.trace.isSampled == true)
  }

  @Test func aStrangersTraceIDDecidesNothing() throws {
    let tracer = Tracer(sampler: try #require(Sampler(name: "traceidratio", ratio: 0.5)))
    // By its id it would always be taken.
    let chosen = try #require(
      Trace(parsing: "00-00000000000000010000000000000000-00f067aa0ba902b7-01"))
    let taken = (0..<1_000).filter { _ in
      tracer.root("GET", incoming: chosen, isTrusted: false) != nil
    }.count
    #expect((300...700).contains(taken))
  }

  @Test func aSpanEndsOnceAndNotBeforeItBegan() throws {
    let span = try #require(all.root("GET", incoming: nil, isTrusted: false))
    span.end(failed: true)
    let end = span.end
    span.end()
    #expect(all.waiting == 1 && span.end == end && span.isFailed && span.start <= span.end)
  }

  @Test func aPartBelongsToItsWhole() throws {
    let root = try #require(all.root("GET", incoming: nil, isTrusted: false))
    let part = all.child(of: root.trace, "x", .client)
    #expect(part.parent == root.trace.span && part.trace.traceID == root.trace.traceID)
    #expect(root.parent == 0)
  }
}
