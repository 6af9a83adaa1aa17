/// Prometheus' text format, version 0.0.4.
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
struct PrometheusText {
  private(set) var bytes: [UInt8] = []

  mutating func head(_ name: String, kind: String, help: String) {
    append("# HELP \(name) ")
    escaped(help, quotes: false)
    append("\n# TYPE \(name) \(kind)\n")
  }

  mutating func sample(_ name: String, _ labels: [String], _ values: [String], _ value: Double) {
    append(name)
    self.labels(labels, values)
    append(" ")
    number(value)
    append("\n")
  }

  mutating func histogram(
    _ name: String, _ labels: [String], _ values: [String], _ histogram: Histogram
  ) {
    var cumulative: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      cumulative &+= count
      let bound = index < histogram.bounds.count ? histogram.bounds[index] : .infinity
      let withBound = values + [PrometheusText.text(of: bound)]
      sample(name + "_bucket", labels + ["le"], withBound, Double(cumulative))
    }
    sample(name + "_sum", labels, values, histogram.sum)
    sample(name + "_count", labels, values, Double(cumulative))
  }

  private mutating func labels(_ names: [String], _ values: [String]) {
    guard !names.isEmpty else { return }
    var separator = "{"
    for (name, value) in zip(names, values) {
      append(separator)
      append(name)
      append("=\"")
      escaped(value, quotes: true)
      append("\"")
      separator = ","
    }
    append("}")
  }

  private mutating func number(_ value: Double) { append(PrometheusText.text(of: value)) }

  static func text(of value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value.magnitude < 1e15, value == value.rounded() { return String(Int(value)) }
    return value.description
  }

  private mutating func escaped(_ text: String, quotes: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\"") where quotes: append("\\\"")
      default: bytes.append(byte)
      }
    }
  }

  private mutating func append(_ text: String) { bytes += text.utf8 }
}
