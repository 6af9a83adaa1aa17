/// The metrics of the process, and their text for Prometheus.
///
/// Names follow Prometheus' conventions (checked when they are registered): `snake_case`, base units
/// (`_seconds`, `_bytes`), `_total` for counters and for nothing else. Asking twice for a name gives
/// the same metric.
public final class Metrics {
  /// What `/metrics` shows; has the process' own metrics.
  public static let shared = Metrics(withProcess: true)

  /// One value that is read when the text is made: labels' values and the number.
  public typealias Reading = (labels: [String], value: Double)

  enum Kind: String {
    case counter, gauge, histogram
  }

  private enum Content {
    case counters(MetricFamily<Counter>)
    case gauges(MetricFamily<Gauge>)
    case histograms(MetricFamily<Histogram>)
    case readings([() -> [Reading]])
  }

  private struct Entry {
    let kind: Kind
    let help: String
    let labels: [String]
    var content: Content
  }

  private var entries: [String: Entry] = [:]

  public init() {}

  private convenience init(withProcess: Bool) {
    self.init()
    ProcessMetrics.register(in: self)
  }

  // MARK: Counters

  public func counter(_ name: String, _ help: String) -> Counter { counters(name, help).with() }

  public func counters(_ name: String, _ help: String, labels: String...) -> MetricFamily<Counter> {
    let content = entry(name, .counter, help, labels) {
      .counters(MetricFamily(labels: labels) { Counter() })
    }
    guard case .counters(let family) = content else { preconditionFailure("\(name) is read") }
    return family
  }

  /// A counter that is kept elsewhere.
  public func counter(_ name: String, _ help: String, reading: @escaping () -> Double) {
    readings(name, .counter, help, []) { [([], reading())] }
  }

  // MARK: Gauges

  public func gauge(_ name: String, _ help: String) -> Gauge { gauges(name, help).with() }

  public func gauges(_ name: String, _ help: String, labels: String...) -> MetricFamily<Gauge> {
    let content = entry(name, .gauge, help, labels) {
      .gauges(MetricFamily(labels: labels) { Gauge() })
    }
    guard case .gauges(let family) = content else { preconditionFailure("\(name) is read") }
    return family
  }

  /// A gauge that is read when the text is made. Several of one name are added up.
  public func gauge(_ name: String, _ help: String, reading: @escaping () -> Double) {
    readings(name, .gauge, help, []) { [([], reading())] }
  }

  /// Gauges with labels that are read when the text is made.
  public func gauges(
    _ name: String, _ help: String, labels: [String], reading: @escaping () -> [Reading]
  ) {
    readings(name, .gauge, help, labels, reading)
  }

  // MARK: Histograms

  public func histogram(
    _ name: String, _ help: String, bounds: [Double] = Histogram.requestSeconds
  ) -> Histogram {
    histograms(name, help, bounds: bounds).with()
  }

  public func histograms(
    _ name: String, _ help: String, bounds: [Double] = Histogram.requestSeconds, labels: String...
  ) -> MetricFamily<Histogram> {
    let content = entry(name, .histogram, help, labels) {
      .histograms(MetricFamily(labels: labels) { Histogram(bounds: bounds) })
    }
    guard case .histograms(let family) = content else { preconditionFailure("\(name) is read") }
    return family
  }

  // MARK: Text

  /// All metrics in Prometheus' text format 0.0.4, by name. Serve as `contentType`.
  public func text() -> [UInt8] {
    var text = PrometheusText()
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      text.head(name, kind: entry.kind.rawValue, help: entry.help)
      write(name, entry, to: &text)
    }
    return text.bytes
  }

  public nonisolated static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private func write(_ name: String, _ entry: Entry, to text: inout PrometheusText) {
    switch entry.content {
    case .counters(let family):
      for child in family.children {
        text.sample(name, entry.labels, child.values, child.metric.value)
      }
    case .gauges(let family):
      for child in family.children {
        text.sample(name, entry.labels, child.values, child.metric.value)
      }
    case .histograms(let family):
      for child in family.children {
        text.histogram(name, entry.labels, child.values, child.metric)
      }
    case .readings(let sources):
      var sums: [[String]: Double] = [:]
      for source in sources {
        for reading in source() { sums[reading.labels, default: 0] += reading.value }
      }
      for (values, sum) in sums.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        text.sample(name, entry.labels, values, sum)
      }
    }
  }

  private func entry(
    _ name: String, _ kind: Kind, _ help: String, _ labels: [String], _ make: () -> Content
  ) -> Content {
    if let known = entries[name] {
      precondition(known.kind == kind && known.labels == labels, "\(name) is registered otherwise")
      return known.content
    }
    if let fault = MetricName.fault(of: name, kind: kind, help: help, labels: labels) {
      preconditionFailure("metric \(name): \(fault)")
    }
    let content = make()
    entries[name] = Entry(kind: kind, help: help, labels: labels, content: content)
    return content
  }

  private func readings(
    _ name: String, _ kind: Kind, _ help: String, _ labels: [String],
    _ reading: @escaping () -> [Reading]
  ) {
    let content = entry(name, kind, help, labels) { .readings([]) }
    guard case .readings(let others) = content else { preconditionFailure("\(name) is kept") }
    entries[name]?.content = .readings(others + [reading])
  }
}
