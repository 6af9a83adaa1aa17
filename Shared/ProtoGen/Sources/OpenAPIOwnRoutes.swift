/// The gateway's own routes, which no proto describes.
enum OpenAPIOwnRoutes {
  static let tag: JSONText = [
    "name": "gateway", "description": "The gateway's own: sockets, health, keys and documents.",
  ]

  static let paths: [(String, JSONText)] = [
    (
      "/health",
      get(
        "health", "Whether the gateway is alive", "application/json",
        ["type": "object", "properties": ["status": ["type": "string"]]], ["status": "ok"])
    ),
    (
      "/ready",
      get(
        "ready", "Whether everything that requests need is there", "application/json", readiness,
        ["status": "ok", "checks": ["auth": ["status": "ok", "latency_ms": .number(0.4)]]],
        also: [
          "503": [
            "description": "Something is away; the same shape.",
            "content": ["application/json": ["schema": readiness]],
          ]
        ])
    ),
    (
      "/openapi.json",
      get(
        "openapi", "This document", "application/json", ["type": "object"],
        ["openapi": "3.1.0"], isTagged: true)
    ),
    (
      "/.well-known/jwks.json",
      get(
        "jwks", "The public keys of access tokens (RFC 7517)", "application/json",
        [
          "type": "object", "properties": ["keys": ["type": "array", "items": ["type": "object"]]],
        ],
        ["keys": []], isTagged: true)
    ),
    ("/docs", page("docs", "This document, to read in a browser")),
    ("/", page("home", "The web page")),
    ("/web/style.css", file("style", "The pages' style", "text/css; charset=utf-8")),
    ("/web/home.js", file("home_script", "The web page's script", script)),
    ("/web/docs.js", file("docs_script", "The script of /docs", script)),
  ]

  private static let readiness: JSONText = [
    "type": "object",
    "properties": [
      "status": ["type": "string"],
      "checks": [
        "type": "object",
        "additionalProperties": [
          "type": "object",
          "properties": ["status": ["type": "string"], "latency_ms": ["type": "number"]],
        ],
      ],
    ],
  ]

  private static let script = "text/javascript; charset=utf-8"

  private static func file(_ name: String, _ summary: String, _ type: String) -> JSONText {
    get(name, summary, type, ["type": "string"], nil, isTagged: true)
  }

  private static func page(_ name: String, _ summary: String) -> JSONText {
    get(name, summary, "text/html; charset=utf-8", ["type": "string"], nil, isTagged: true)
  }

  private static func get(
    _ name: String, _ summary: String, _ type: String, _ schema: JSONText, _ example: JSONText?,
    isTagged: Bool = false, also: JSONText = .object([])
  ) -> JSONText {
    var media: JSONText = ["schema": schema]
    if let example { media["example"] = example }
    var headers: JSONText = ["X-Request-Id": OpenAPIAnswers.reference("headers", "X-Request-Id")]
    if isTagged { headers["ETag"] = OpenAPIAnswers.reference("headers", "ETag") }
    var responses: JSONText = [
      "200": [
        "description": "Success.", "headers": headers,
        "content": .object([(key: type, value: media)]),
      ]
    ]
    if isTagged { responses["304"] = OpenAPIAnswers.reference("responses", "NotModified") }
    if case .object(let members) = also { for (key, value) in members { responses[key] = value } }
    var operation: JSONText = [
      "operationId": .string("gateway_\(name)"), "tags": ["gateway"],
      "summary": .string(summary), "security": [],
    ]
    if isTagged {
      operation["parameters"] = [OpenAPIAnswers.reference("parameters", "IfNoneMatch")]
    }
    operation["responses"] = responses
    return ["get": operation]
  }
}
