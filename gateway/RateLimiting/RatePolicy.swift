import Configuration
import Redis

/// How much one class of routes allows: `name` in the proto's `rate`.
struct RatePolicy {
  let name: String
  let limit: Int
  let seconds: Int
  let algorithm: GCRA
  /// `"login";q=10;w=60` (draft-ietf-httpapi-ratelimit-headers).
  let header: String
  let intervalArgument: RedisArgument
  let windowArgument: RedisArgument

  init(name: String, limit: Int, seconds: Int, scale: Double = 1) {
    let scaled = max(1, Double(limit) * scale)
    self.name = name
    self.limit = Int(min(scaled, 1e12))
    self.seconds = seconds
    algorithm = GCRA(limit: scaled, seconds: Double(seconds))
    header = "\"\(name)\";q=\(self.limit);w=\(seconds)"
    intervalArgument = .double(algorithm.interval)
    windowArgument = .double(algorithm.window)
  }
}

/// The policies of all rate classes, by configuration.
struct RatePolicies {
  let policies: [RatePolicy]

  /// The contract's limits, times `RATE_LIMIT_SCALE`; one by one by `RATE_LIMIT_<CLASS>` (a number
  /// of requests in the class's window).
  init(_ environment: Environment) {
    let scale = environment.double("RATE_LIMIT_SCALE", default: 1, in: 0.001...1e9)
    let defaults = [
      ("login", 10, 60), ("register", 5, 3600), ("reset", 5, 3600), ("write", 120, 60),
      ("read", 600, 60),
    ]
    policies = defaults.map { name, limit, seconds in
      let configured = environment.int(
        "RATE_LIMIT_\(name.uppercased())", default: limit, in: 1...1_000_000)
      return RatePolicy(name: name, limit: configured, seconds: seconds, scale: scale)
    }
  }

  subscript(name: String) -> RatePolicy? { policies.first { $0.name == name } }
}
