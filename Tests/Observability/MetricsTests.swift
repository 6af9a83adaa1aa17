import Testing

@testable import Observability

struct MetricsTests {
  private func text(_ metrics: Metrics) -> String {
    String(decoding: metrics.text(), as: UTF8.self)
  }

  @Test func textIsPrometheusFormat() {
    let metrics = Metrics()
    metrics.counter("b_total", "Bs.").add(3)
    let family = metrics.counters("a_total", "As\n\\.", labels: "route", "status")
    family.with("/x", "200").increment()
    family.with("a\"b\\c\nd", "500").add(0.5)
    metrics.gauge("c", "Cs.").set(-2)
    metrics.gauge("d", "Ds.") { .infinity }
    #expect(
      text(metrics) == """
        # HELP a_total As\\n\\\\.
        # TYPE a_total counter
        a_total{route="/x",status="200"} 1
        a_total{route="a\\"b\\\\c\\nd",status="500"} 0.5
        # HELP b_total Bs.
        # TYPE b_total counter
        b_total 3
        # HELP c Cs.
        # TYPE c gauge
        c -2
        # HELP d Ds.
        # TYPE d gauge
        d +Inf

        """)
  }

  @Test func histogramIsCumulativeWithInclusiveBounds() {
    let metrics = Metrics()
    let histogram = metrics.histogram("h_seconds", "Hs.", bounds: [0.1, 1])
    for value in [0.1, 0.05, 0.5, 7] { histogram.observe(value) }
    histogram.observe(.milliseconds(100))
    histogram.observe(nanoseconds: 2_000_000_000)
    #expect(histogram.count == 6)
    #expect(
      text(metrics) == """
        # HELP h_seconds Hs.
        # TYPE h_seconds histogram
        h_seconds_bucket{le="0.1"} 3
        h_seconds_bucket{le="1"} 4
        h_seconds_bucket{le="+Inf"} 6
        h_seconds_sum 9.75
        h_seconds_count 6

        """)
  }

  @Test func askingTwiceGivesTheSameMetric() {
    let metrics = Metrics()
    #expect(metrics.counter("x_total", "Xs.") === metrics.counter("x_total", "Xs."))
    let family = metrics.gauges("y", "Ys.", labels: "l")
    #expect(family.with("1") === family.with("1"))
    #expect(family.with("1") !== family.with("2"))
  }

  @Test func readingsOfOneNameAreAddedUp() {
    let metrics = Metrics()
    metrics.gauge("connections", "Open connections.") { 2 }
    metrics.gauge("connections", "Open connections.") { 3 }
    metrics.gauges("lag_seconds", "Lag.", labels: ["who"]) { [(["b"], 1), (["a"], 2)] }
    #expect(text(metrics).contains("connections 5\n"))
    #expect(text(metrics).contains("lag_seconds{who=\"a\"} 2\nlag_seconds{who=\"b\"} 1\n"))
  }

  @Test func numberOfChildrenIsBounded() {
    let family = Metrics().counters("x_total", "Xs.", labels: "l")
    for number in 0..<3000 { family.with(String(number)).increment() }
    #expect(family.children.count == 2001)
    #expect(family.with("other").value == 1000)
  }

  @Test(arguments: [
    ("requests", Metrics.Kind.counter), ("requests_total", .gauge), ("took_milliseconds", .gauge),
    ("camelCase", .gauge), ("a-b", .gauge), ("1a", .gauge), ("x_count", .gauge), ("", .gauge),
    ("a_gauge", .gauge), ("x_ms_total", .counter),
  ])
  func namesAgainstTheConventionsAreRefused(_ name: String, _ kind: Metrics.Kind) {
    #expect(MetricName.fault(of: name, kind: kind, help: "h", labels: []) != nil)
  }

  @Test func helpIsDueAndLabelsHaveNames() {
    #expect(MetricName.fault(of: "x", kind: .gauge, help: "", labels: []) != nil)
    #expect(MetricName.fault(of: "x", kind: .gauge, help: "h", labels: ["__x"]) != nil)
    #expect(MetricName.fault(of: "x", kind: .histogram, help: "h", labels: ["le"]) != nil)
    #expect(MetricName.fault(of: "x_seconds", kind: .histogram, help: "h", labels: ["a"]) == nil)
  }

  @Test func processTellsOfItself() {
    #expect(ProcessMetrics.cpuSeconds() > 0)
    #expect(ProcessMetrics.memoryBytes().resident > 1_000_000)
    #expect(ProcessMetrics.openDescriptors() >= 3)
    #expect(ProcessMetrics.descriptorLimit() > ProcessMetrics.openDescriptors())
    #expect(ProcessMetrics.startSeconds() > 1_700_000_000)
    #expect(text(.shared).contains("\nprocess_open_fds "))
  }
}
