/// The value of a field of a log line.
public nonisolated enum LogValue: Sendable, Equatable {
  case string(String)
  case int(Int)
  case double(Double)
  case bool(Bool)
  /// Written in milliseconds, and `_ms` is added to the field's name.
  case duration(Duration)
  /// Written as its text alone.
  case failure(type: String, text: String)

  /// An error as its own description gives it.
  public static func error(_ error: any Error) -> LogValue {
    .failure(type: String(describing: type(of: error)), text: String(describing: error))
  }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByStringInterpolation
{
  public nonisolated init(stringLiteral value: String) { self = .string(value) }
  public nonisolated init(integerLiteral value: Int) { self = .int(value) }
  public nonisolated init(floatLiteral value: Double) { self = .double(value) }
  public nonisolated init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// The fields of a log line, in the order in which they are written:
/// `["route": .string(route), "status": 200]`. Names are written as they are: `snake_case`.
public nonisolated struct LogFields: Sendable, ExpressibleByDictionaryLiteral {
  public private(set) var items: [(name: StaticString, value: LogValue)]

  public init() { items = [] }

  public init(dictionaryLiteral elements: (StaticString, LogValue)...) {
    items = elements.map { (name: $0.0, value: $0.1) }
  }

  public mutating func append(_ name: StaticString, _ value: LogValue) {
    items.append((name: name, value: value))
  }

  public static func + (left: LogFields, right: LogFields) -> LogFields {
    var sum = left
    sum.items += right.items
    return sum
  }
}
