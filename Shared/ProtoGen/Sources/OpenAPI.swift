/// The OpenAPI 3.1 document of all routes.
struct OpenAPI {
  let contract: Contract
  private let schemas: OpenAPISchemas

  init(_ contract: Contract) {
    self.contract = contract
    schemas = OpenAPISchemas(contract)
  }

  func document() -> String {
    var tags: [JSONText] = []
    var paths: JSONText = .object([])
    for service in contract.services where service.methods.contains(where: { !$0.routes.isEmpty }) {
      let tag = Names.snake(Names.service(service.fullName))
      tags.append(["name": .string(tag), "description": .string(service.documentation)])
      for method in service.methods {
        for (index, route) in method.routes.enumerated() {
          var operations = paths[route.path] ?? .object([])
          operations[route.verb.lowercased()] = operation(index, method, service, tag)
          paths[route.path] = operations
        }
      }
    }
    let document: JSONText = [
      "openapi": "3.1.0",
      "info": [
        "title": "Focal",
        "version": "1",
        "description": .string(Self.introduction),
      ],
      "servers": [["url": "/"]],
      "tags": .array(tags),
      "paths": paths,
      "components": [
        "schemas": schemas.components(),
        "responses": [
          "Problem": [
            "description": "What went wrong (RFC 9457).",
            "content": [
              "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]
            ],
          ]
        ],
        "securitySchemes": [
          "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
          "cookie": ["type": "apiKey", "in": "cookie", "name": "token"],
        ],
      ],
    ]
    return document.text() + "\n"
  }

  private static let introduction = """
    Answers are in snake_case; requests take snake_case and lowerCamelCase, and unknown fields are \
    refused. Times are RFC 3339 in UTC. Errors are RFC 9457 problems. `x-alias-of` marks a further \
    path of another operation; aliases outside of /api are served under /api too.
    """

  private func operation(
    _ index: Int, _ method: Method, _ service: ServiceType, _ tag: String
  ) -> JSONText {
    let route = method.routes[index]
    let suffix = index == 0 ? "" : "_alias_\(index)"
    var operation: JSONText = [
      "operationId": .string("\(tag)_\(Names.snake(method.name))\(suffix)"),
      "tags": [.string(tag)],
    ]
    if !method.documentation.isEmpty {
      let text = method.documentation.split(separator: "\n").joined(separator: " ")
      let end = text.firstRange(of: ". ")?.lowerBound ?? text.endIndex
      operation["summary"] = .string(String(text[..<end].drop { $0 == " " }))
      operation["description"] = .string(text)
    }
    if route.isAlias { operation["x-alias-of"] = .string(method.routes[0].path) }
    operation["x-rate-limit"] = .string(route.rateClass)
    if route.auth == .admin || route.auth == .moderator {
      operation["x-role"] = .string("\(route.auth)")
    }
    operation["security"] =
      route.auth == .none ? [] : [["bearer": []], ["cookie": []]]
    let parameters = schemas.parameters(route, method)
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    if let body = schemas.body(route, method) {
      operation["requestBody"] = [
        "required": .bool(schemas.requiresBody(route, method)),
        "content": ["application/json": ["schema": body]],
      ]
    }
    if let upload = route.upload {
      operation["requestBody"] = [
        "required": true, "content": Self.content(upload, isUpload: true),
      ]
    }
    operation["responses"] = responses(route, method)
    return operation
  }

  /// A body that is no JSON.
  private static func content(_ raw: RouteType.RawBody, isUpload: Bool) -> JSONText {
    var schema: JSONText = ["type": "string", "format": "binary"]
    if isUpload {
      schema["minLength"] = 1
      schema["maxLength"] = .number(Double(raw.bytesMax))
    }
    return .object(raw.types.map { (key: $0, value: ["schema": schema]) })
  }

  private func responses(_ route: RouteType, _ method: Method) -> JSONText {
    var success: JSONText = ["description": .string(route.status == 204 ? "Done." : "Success.")]
    if let cookie = route.cookie {
      success["headers"] = [
        "Set-Cookie": [
          "description": .string("`\(cookie.name)` is \(cookie.clears ? "cleared" : "set")."),
          "schema": ["type": "string"],
        ]
      ]
    }
    if let download = route.download {
      success["content"] = Self.content(download, isUpload: false)
    } else if route.status != 204 {
      success["content"] = ["application/json": ["schema": schemas.answer(route, method)]]
    }
    let problem: JSONText = ["$ref": "#/components/responses/Problem"]
    var codes = ["400", "404", "409", "422", "429", "503", "504"]
    if route.auth != .none { codes += ["401", "403"] }
    if route.verb != "GET" { codes += ["413", "415"] }
    return .object(
      [(key: "\(route.status)", value: success)] + codes.sorted().map { (key: $0, value: problem) })
  }
}
