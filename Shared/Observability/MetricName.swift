/// The conventions of `promtool check metrics`, as far as a name can break them.
enum MetricName {
  /// What is wrong, or `nil`.
  static func fault(
    of name: String, kind: Metrics.Kind, help: String, labels: [String]
  ) -> String? {
    if help.isEmpty { return "needs a help text" }
    if !isSnakeCase(name) { return "must be snake_case" }
    if let label = labels.first(where: { !isSnakeCase($0) || $0.hasPrefix("__") }) {
      return "label \(label) must be snake_case"
    }
    if kind == .histogram, labels.contains("le") { return "label le is the histogram's own" }
    if (kind == .counter) != name.hasSuffix("_total") { return "_total is for counters, and due" }
    let words = name.split(separator: "_").map(String.init)
    if let word = words.first(where: { notBaseUnits.contains($0) }) {
      return "\(word) is no base unit"
    }
    if let last = words.last, ["bucket", "count", "sum"].contains(last) {
      return "_\(last) belongs to histograms"
    }
    if let word = words.first(where: { ["counter", "gauge", "histogram", "summary"].contains($0) })
    {
      return "\(word) names the kind"
    }
    return nil
  }

  private static let notBaseUnits: Set<String> = [
    "milliseconds", "microseconds", "nanoseconds", "ms", "us", "ns", "minutes", "hours", "days",
    "kilobytes", "megabytes", "gigabytes", "kb", "mb", "gb", "percent",
  ]

  private static func isSnakeCase(_ name: String) -> Bool {
    guard let first = name.utf8.first, first == 0x5F || (0x61...0x7A).contains(first) else {
      return false
    }
    return name.utf8.allSatisfy {
      $0 == 0x5F || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
    }
  }
}
