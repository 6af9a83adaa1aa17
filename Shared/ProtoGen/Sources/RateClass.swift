/// The rate classes and what the gateway allows by default; by configuration it may allow other
/// numbers (gateway/RateLimiting/RatePolicy.swift; a test holds one against the other).
enum RateClass {
  static let defaults: [String: (limit: Int, seconds: Int)] = [
    "login": (10, 60), "register": (5, 3600), "reset": (5, 3600), "write": (120, 60),
    "read": (600, 60),
  ]

  static func json(_ name: String) -> JSONText {
    guard let known = defaults[name] else { return ["class": .string(name)] }
    return [
      "class": .string(name), "limit": .number(Double(known.limit)),
      "window_seconds": .number(Double(known.seconds)),
    ]
  }
}
