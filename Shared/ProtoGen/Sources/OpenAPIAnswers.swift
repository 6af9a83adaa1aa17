/// What operations have in common: errors, headers, parameters.
enum OpenAPIAnswers {
  /// An error that routes answer.
  struct Kind {
    var status: Int
    var name: String
    var description: String
    var code: String
    var detail: String
    var header: String?
    var field: String?
  }

  static let kinds: [Kind] = [
    Kind(
      status: 400, name: "Malformed",
      description: "No JSON, a wrong type, an unknown field or a key given twice.",
      code: "malformed", detail: "unknown field", field: "unknown"),
    Kind(
      status: 401, name: "Unauthorized", description: "No token, or one that is not valid.",
      code: "invalid_token", detail: "The token is not valid, or no longer.",
      header: "WWW-Authenticate"),
    Kind(
      status: 403, name: "Forbidden", description: "Not the caller's to do.",
      code: "forbidden", detail: "This is not yours."),
    Kind(
      status: 404, name: "NotFound", description: "There is no such thing, or not for the caller.",
      code: "not_found", detail: "There is nothing here."),
    Kind(
      status: 409, name: "Conflict", description: "It contradicts what is there.",
      code: "conflict", detail: "It contradicts what is there."),
    Kind(
      status: 413, name: "TooLarge", description: "The body is larger than the route takes.",
      code: "body_too_large", detail: "The body is too large."),
    Kind(
      status: 415, name: "UnsupportedType", description: "The body is of a type not taken here.",
      code: "unsupported_media_type", detail: "The body has to be application/json."),
    Kind(
      status: 422, name: "Invalid", description: "A field is missing or breaks a rule: `errors`.",
      code: "invalid", detail: "The request breaks a rule.", field: "title"),
    Kind(
      status: 429, name: "TooManyRequests", description: "Over the limit of the rate class.",
      code: "rate_limited", detail: "Too many requests of class write.", header: "Retry-After"),
    Kind(
      status: 500, name: "InternalError", description: "Our mistake; what it is the log says.",
      code: "internal", detail: "Something went wrong on our side."),
    Kind(
      status: 503, name: "Unavailable", description: "Something that this needs is away.",
      code: "not_connected", detail: "The service sessions is away.", header: "Retry-After"),
    Kind(
      status: 504, name: "TooSlow", description: "It took longer than 10 seconds.",
      code: "deadline", detail: "The call took too long."),
  ]

  static func kind(_ status: Int) -> Kind? { kinds.first { $0.status == status } }

  // MARK: Of one operation

  static func problems(
    _ route: RouteType, _ method: Method, takesBody: Bool, takesFields: Bool
  ) -> [(key: String, value: JSONText)] {
    var statuses: Set<Int> = [400, 404, 429, 500, 503, 504]
    // Who logs in may be refused too.
    if route.auth != .none || route.verb != "GET" { statuses.formUnion([401, 403]) }
    if takesFields { statuses.insert(422) }
    if route.verb != "GET" { statuses.formUnion([409, 413, 415]) }
    let named = codes(in: method.documentation)
    statuses.formUnion(named.keys.filter { kind($0) != nil })
    var result = statuses.sorted().compactMap { status -> (key: String, value: JSONText)? in
      guard let kind = kind(status) else { return nil }
      return ("\(status)", response(kind, codes: named[status] ?? []))
    }
    if route.verb == "GET" {
      result.insert((key: "304", value: reference("responses", "NotModified")), at: 0)
    }
    return result
  }

  private static func response(_ kind: Kind, codes: [String]) -> JSONText {
    guard let first = codes.first else { return reference("responses", kind.name) }
    var kind = kind
    kind.code = first
    kind.description += " Codes: " + codes.map { "`\($0)`" }.joined(separator: ", ") + "."
    return response(kind)
  }

  /// What a comment names: "409 `already_active`", "404 `a` or `b`".
  static func codes(in documentation: String) -> [Int: [String]] {
    var result: [Int: [String]] = [:]
    var status: Int?
    var isCode = false
    for part in documentation.split(separator: "`", omittingEmptySubsequences: false) {
      defer { isCode.toggle() }
      if isCode {
        if let status, part.allSatisfy({ $0.isLowercase || $0 == "_" }), !part.isEmpty {
          result[status, default: []].append(String(part))
        }
        continue
      }
      let words = part.split(whereSeparator: { $0 == " " || $0 == "\n" })
      if let last = words.last, last.count == 3, let number = Int(last),
        (400...499).contains(number)
      {
        status = number
      } else if words.contains(where: { $0 != "or" && $0 != "and" && $0 != "," }) {
        status = nil
      }
    }
    return result
  }

  static func successHeaders(_ route: RouteType) -> JSONText {
    var names = ["X-Request-Id", "RateLimit", "RateLimit-Policy"]
    if route.verb == "GET" { names.append("ETag") }
    if route.verb == "POST" { names.append("Idempotency-Replayed") }
    var result = names.map { (key: $0, value: reference("headers", $0)) }
    if let cookie = route.cookie {
      result.append(
        (
          key: "Set-Cookie",
          value: [
            "description": .string("`\(cookie.name)` is \(cookie.clears ? "cleared" : "set")."),
            "schema": ["type": "string"],
          ]
        ))
    }
    return .object(result)
  }

  static func headerParameters(_ route: RouteType) -> [JSONText] {
    switch route.verb {
    case "GET": [reference("parameters", "IfNoneMatch")]
    case "POST": [reference("parameters", "IdempotencyKey")]
    default: []
    }
  }

  static func reference(_ kind: String, _ name: String) -> JSONText {
    ["$ref": .string("#/components/\(kind)/\(name)")]
  }

  // MARK: Of all

  static let parameters: JSONText = [
    "IdempotencyKey": [
      "name": "Idempotency-Key", "in": "header", "required": false,
      "description": .string(
        "A random name of this request, such as a UUID. A second one with the same key and content "
          + "gets the first one's answer for 24 hours; with other content: 409 `key_reused`."),
      "schema": ["type": "string", "pattern": "^[!-~]{1,255}$", "maxLength": 255],
      "example": "6f1ed002-ab5f-4b7d-9a0c-7c4a3a4c8d11",
    ],
    "IfNoneMatch": [
      "name": "If-None-Match", "in": "header", "required": false,
      "description": "An `ETag` that is known already: 304 where it is still the current one.",
      "schema": ["type": "string"],
      "example": "\"pXbq3TQeCvA\"",
    ],
  ]

  static let headers: JSONText = {
    let descriptions = [
      (
        "X-Request-Id",
        "Names the request in every log line that it caused; the caller's own, if sent."
      ),
      ("RateLimit", "What is left (`r`) and seconds until all of it is there again (`t`)."),
      ("RateLimit-Policy", "The class's limit: `q` requests in `w` seconds."),
      ("ETag", "The version of the answer, for `If-None-Match`."),
      ("Idempotency-Replayed", "`true`: the answer of an earlier request with the same key."),
      ("Retry-After", "Seconds until another attempt makes sense."),
      ("WWW-Authenticate", "The scheme: Bearer."),
      ("Sec-WebSocket-Version", "The version that is spoken here: 13."),
    ]
    return .object(
      descriptions.map {
        (key: $0, value: ["description": .string($1), "schema": ["type": "string"]])
      })
  }()

  static let components: JSONText = .object(
    kinds.map { (key: $0.name, value: response($0)) }
      + [
        (
          key: "NotModified",
          value: [
            "description": "The version that `If-None-Match` names is still the current one.",
            "headers": ["ETag": reference("headers", "ETag")],
          ]
        )
      ])

  static func response(_ kind: Kind) -> JSONText {
    var headers: [(key: String, value: JSONText)] = [
      (key: "X-Request-Id", value: reference("headers", "X-Request-Id"))
    ]
    if let header = kind.header {
      headers.append((key: header, value: reference("headers", header)))
    }
    return [
      "description": .string(kind.description),
      "headers": .object(headers),
      "content": [
        "application/problem+json": [
          "schema": reference("schemas", "Problem"), "example": example(kind),
        ]
      ],
    ]
  }

  private static func example(_ kind: Kind) -> JSONText {
    var example: JSONText = [
      "type": "about:blank", "title": .string(title(kind.status)),
      "status": .number(Double(kind.status)), "detail": .string(kind.detail),
      "instance": "/api/v1/posts", "code": .string(kind.code),
      "request_id": "01981f6e-7c1a-7b52-9d3c-2f1f8a4c6e10",
    ]
    if let field = kind.field {
      example["errors"] = [
        [
          "field": .string(field), "code": .string(kind.status == 400 ? "malformed" : "required"),
          "message": .string(kind.status == 400 ? kind.detail : "is required"),
        ]
      ]
    }
    return example
  }

  private static func title(_ status: Int) -> String {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 422: "Unprocessable Content"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    default: "Gateway Timeout"
    }
  }
}
