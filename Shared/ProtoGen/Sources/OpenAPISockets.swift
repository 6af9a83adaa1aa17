/// The WebSocket routes of the gateway (RFC 6455). OpenAPI has no words for what goes over a socket:
/// deploy/docs/api/websocket.md has.
enum OpenAPISockets {
  static let paths: [(String, JSONText)] = [
    ("/api/v1/ws/{room_id}", room(alias: false)), ("/ws/{room_id}", room(alias: true)),
    ("/api/v1/ws", user(alias: false)), ("/ws", user(alias: true)),
  ]

  private static func room(alias: Bool) -> JSONText {
    get(
      "room_socket", "Follow a room over WebSocket",
      "What happens in a room whose participant the caller is. First of all messages a `room_state`, "
        + "or with `since` what was missed. 403 `not_participant` who is not in the room.",
      [
        [
          "name": "room_id", "in": "path", "required": true,
          "schema": ["type": "string", "format": "uuid", "maxLength": 36],
        ]
      ], alias: alias ? "/api/v1/ws/{room_id}" : nil)
  }

  private static func user(alias: Bool) -> JSONText {
    get(
      "user_socket", "Follow one's own events over WebSocket",
      "What concerns the caller. First of all messages a `user_state`, or with `since` what was "
        + "missed.", [], alias: alias ? "/api/v1/ws" : nil)
  }

  private static let query: [JSONText] = [
    [
      "name": "since", "in": "query", "required": false,
      "description": "The `seq` of the last message that was received.",
      "schema": [
        "type": "integer", "format": "int64", "minimum": 0, "maximum": 9_007_199_254_740_991,
      ],
    ],
    [
      "name": "ticket", "in": "query", "required": false,
      "description":
        "From POST /api/v1/ws/ticket, where no header can carry a token: for browsers.",
      "schema": ["type": "string", "maxLength": 64],
    ],
  ]

  private static func get(
    _ name: String, _ summary: String, _ description: String, _ path: [JSONText], alias: String?
  ) -> JSONText {
    var operation: JSONText = [
      "operationId": .string("gateway_\(name)" + (alias == nil ? "" : "_alias_1")),
      "tags": ["gateway"], "summary": .string(summary), "description": .string(description),
    ]
    if let alias { operation["x-alias-of"] = .string(alias) }
    operation["x-rate-limit"] = RateClass.json("read")
    operation["security"] = [["bearer": []], ["cookie": []]]
    operation["parameters"] = .array(path + query)
    var responses: JSONText = [
      "101": ["description": "From here on the connection is a WebSocket."]
    ]
    for status in [400, 401, 403, 404, 429, 500, 503, 504] {
      guard let kind = OpenAPIAnswers.kind(status) else { continue }
      responses["\(status)"] = OpenAPIAnswers.reference("responses", kind.name)
    }
    responses["426"] = OpenAPIAnswers.response(
      OpenAPIAnswers.Kind(
        status: 426, name: "UpgradeRequired",
        description: "No WebSocket handshake of version 13 (RFC 6455).",
        code: "websocket_upgrade_required",
        detail: "Only a WebSocket can be opened here.", header: "Sec-WebSocket-Version"))
    operation["responses"] = responses
    return ["get": operation]
  }
}
