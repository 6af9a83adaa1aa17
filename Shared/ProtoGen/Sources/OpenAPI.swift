/// The OpenAPI 3.1 document of all routes.
struct OpenAPI {
  let contract: Contract
  private let schemas: OpenAPISchemas
  private let examples: OpenAPIExamples

  init(_ contract: Contract) {
    self.contract = contract
    schemas = OpenAPISchemas(contract)
    examples = OpenAPIExamples(contract)
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
          operations[route.verb.lowercased()] = operation(index, method, tag)
          paths[route.path] = operations
        }
      }
    }
    tags.append(OpenAPIOwnRoutes.tag)
    for (path, operations) in OpenAPIOwnRoutes.paths + OpenAPISockets.paths {
      paths[path] = operations
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
        "parameters": OpenAPIAnswers.parameters,
        "headers": OpenAPIAnswers.headers,
        "responses": OpenAPIAnswers.components,
        "securitySchemes": [
          "bearer": [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The `access_token` that logging in answers, or a personal API token.",
          ],
          "cookie": [
            "type": "apiKey", "in": "cookie", "name": "token",
            "description": .string(
              "Set by POST /user/login. A request that changes something needs an `Origin` or "
                + "`Sec-Fetch-Site` of the same origin as well."),
          ],
        ],
      ],
    ]
    return document.text() + "\n"
  }

  private static let introduction = """
    Answers are in snake_case; requests take snake_case and lowerCamelCase, and unknown fields are \
    refused. A field of a request that is null counts as not given; text may not contain U+0000. \
    Times are RFC 3339 in UTC. Errors are RFC 9457 problems whose `code` is for machines. Lists take \
    `limit` and `cursor` and answer `items` and, but for the last page, `next_cursor`. Every route \
    has a rate class (`x-rate-limit`: so many requests in so many seconds for a user, or for an \
    address before login). A POST with an `Idempotency-Key` takes effect once. `x-alias-of` marks a \
    further path of another operation; aliases outside of /api are served under /api too, and every \
    path with a slash at its end as well.
    """

  private func operation(_ index: Int, _ method: Method, _ tag: String) -> JSONText {
    let route = method.routes[index]
    let suffix = index == 0 ? "" : "_alias_\(index)"
    var operation: JSONText = [
      "operationId": .string("\(tag)_\(Names.snake(method.name))\(suffix)"),
      "tags": [.string(tag)],
    ]
    let text = method.documentation.split(separator: "\n").joined(separator: " ")
    let end = text.firstRange(of: ". ")?.lowerBound ?? text.endIndex
    var summary = String(text[..<end].drop { $0 == " " })
    if summary.hasSuffix(".") { summary.removeLast() }
    operation["summary"] = .string(summary.isEmpty ? Self.words(method.name) : summary)
    if !text.isEmpty { operation["description"] = .string(text) }
    if route.isAlias { operation["x-alias-of"] = .string(method.routes[0].path) }
    operation["x-rate-limit"] = RateClass.json(route.rateClass)
    if route.auth == .admin || route.auth == .moderator {
      operation["x-role"] = .string("\(route.auth)")
    }
    operation["security"] =
      route.auth == .none ? [] : [["bearer": []], ["cookie": []]]
    let parameters = schemas.parameters(route, method) + OpenAPIAnswers.headerParameters(route)
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    if let body = body(route, method) { operation["requestBody"] = body }
    operation["responses"] = responses(route, method)
    return operation
  }

  /// `ListDevices` as "List devices".
  private static func words(_ name: String) -> String {
    let words = Names.snake(name).split(separator: "_").joined(separator: " ")
    return Names.upperFirst(words)
  }

  private func body(_ route: RouteType, _ method: Method) -> JSONText? {
    if let upload = route.upload {
      return ["required": true, "content": Self.content(upload, isUpload: true)]
    }
    guard let schema = schemas.body(route, method) else { return nil }
    return [
      "required": .bool(schemas.requiresBody(route, method)),
      "content": [
        "application/json": ["schema": schema, "example": examples.request(route, method)]
      ],
    ]
  }

  /// A body that is no JSON.
  private static func content(_ raw: RouteType.RawBody, isUpload: Bool) -> JSONText {
    var schema: JSONText = ["type": "string", "format": "binary"]
    // Lengths of strings are counted in characters; a body has none.
    if isUpload { schema["x-max-bytes"] = .number(Double(raw.bytesMax)) }
    return .object(raw.types.map { (key: $0, value: ["schema": schema]) })
  }

  private func responses(_ route: RouteType, _ method: Method) -> JSONText {
    var success: JSONText = ["description": .string(route.status == 204 ? "Done." : "Success.")]
    success["headers"] = OpenAPIAnswers.successHeaders(route)
    if let download = route.download {
      success["content"] = Self.content(download, isUpload: false)
    } else if route.status != 204 {
      success["content"] = [
        "application/json": [
          "schema": schemas.answer(route, method), "example": examples.answer(route, method),
        ]
      ]
    }
    return .object(
      [(key: "\(route.status)", value: success)]
        + OpenAPIAnswers.problems(
          route, method, takesBody: body(route, method) != nil,
          takesFields: !(schemas.fields(of: method.input).isEmpty)))
  }
}
