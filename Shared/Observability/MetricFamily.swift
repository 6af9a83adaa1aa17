/// The metrics of one name that differ in their labels' values.
///
///     let requests = Metrics.shared.counters(
///       "http_requests_total", "Requests answered.", labels: "route", "method", "status")
///     let mine = requests.with("/api/v1/auth/me", "GET", "200")    // once
///     mine.increment()                                             // one addition
///
/// Children are never removed, so that their number must be bounded: past `childrenMax` all new ones
/// share the child whose labels are all `other`.
public final class MetricFamily<Metric: AnyObject> {
  public static var childrenMax: Int { 2000 }

  let labels: [String]
  private let make: () -> Metric
  private(set) var children: [(values: [String], metric: Metric)] = []
  private var index: [[String]: Int] = [:]

  init(labels: [String], make: @escaping () -> Metric) {
    self.labels = labels
    self.make = make
  }

  /// The child with these values, one for each label, made where it is not there yet.
  public func with(_ values: String...) -> Metric { with(values) }

  public func with(_ values: [String]) -> Metric {
    precondition(values.count == labels.count, "one value for each label")
    if let known = index[values] { return children[known].metric }
    let other = labels.map { _ in "other" }
    if children.count >= Self.childrenMax, values != other { return with(other) }
    let metric = make()
    index[values] = children.count
    children.append((values: values, metric: metric))
    return metric
  }
}
