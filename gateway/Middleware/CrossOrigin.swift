import HTTP

/// Cross-origin requests of browsers (the Fetch standard's CORS protocol), by `CORS_ORIGINS`.
struct CrossOrigin {
  /// `https://app.example`; compared exactly. `*` is not taken: answers carry credentials.
  let origins: Set<String>

  static let methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
  static let requestHeaders =
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id, traceparent"
  static let exposedHeaders =
    "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, ETag, "
    + "Idempotency-Replayed"
  static let preflightSeconds = 600

  /// The headers that an answer to this origin gets; none for an unknown origin: the browser then
  /// keeps the answer from the page.
  func headers(origin: String?) -> [HTTPResponse.Header] {
    guard !origins.isEmpty else { return [] }
    guard let origin, origins.contains(origin) else { return [("Vary", "Origin")] }
    return [
      ("Access-Control-Allow-Origin", origin),
      ("Access-Control-Allow-Credentials", "true"),
      ("Access-Control-Expose-Headers", Self.exposedHeaders),
      ("Vary", "Origin"),
    ]
  }

  /// What a preflight gets on top.
  static let preflightHeaders: [HTTPResponse.Header] = [
    ("Access-Control-Allow-Methods", methods),
    ("Access-Control-Allow-Headers", requestHeaders),
    ("Access-Control-Max-Age", "\(preflightSeconds)"),
  ]
}
