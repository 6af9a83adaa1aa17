/// The schemas of messages, as JSON has them.
struct OpenAPISchemas {
  private let contract: Contract
  private let types: SwiftTypes
  /// Messages that answers contain, and those that requests do.
  private let answers: Set<String>
  private let requests: Set<String>

  init(_ contract: Contract) {
    self.contract = contract
    let types = SwiftTypes(contract)
    self.types = types
    let methods = contract.services.flatMap(\.methods).filter { !$0.routes.isEmpty }
    answers = Self.reachable(methods.map(\.output), types)
    requests = Self.reachable(methods.map(\.input), types)
  }

  /// The messages and enums that JSON of these messages may have.
  static func reachable(_ roots: [String], _ types: SwiftTypes) -> Set<String> {
    var open = roots
    var seen: Set<String> = []
    while let name = open.popLast() {
      guard seen.insert(name).inserted else { continue }
      for field in types.messages[name]?.fields ?? [] {
        switch field.shown.kind {
        case .message(let target), .enumeration(let target): open.append(target)
        default: break
        }
      }
    }
    return seen
  }

  func components() -> JSONText {
    var members: [(key: String, value: JSONText)] = []
    for type in contract.enums where answers.union(requests).contains(type.fullName) {
      let names = type.values.filter { $0.number != 0 }.map { JSONText.string(jsonName($0, type)) }
      var schema: JSONText = ["type": "string", "enum": .array(names)]
      if !type.documentation.isEmpty { schema["description"] = .string(type.documentation) }
      members.append((Names.type(type.fullName), schema))
    }
    for message in contract.messages
    where !message.isMapEntry && answers.union(requests).contains(message.fullName) {
      members.append((Names.type(message.fullName), object(message, without: [])))
    }
    members.append(("Problem", Self.problem))
    return .object(members)
  }

  private func object(_ message: MessageType, without: [String]) -> JSONText {
    let isAnswer = answers.contains(message.fullName)
    let fields = message.fields.filter { !without.contains($0.name) }
    var schema: JSONText = ["type": "object"]
    if !message.documentation.isEmpty { schema["description"] = .string(message.documentation) }
    schema["properties"] = .object(
      fields.map { (key: $0.name, value: property($0, isAnswer: isAnswer, isBody: !isAnswer)) })
    let required = fields.filter {
      isAnswer ? !$0.hasPresence || $0.rules.isNullable : $0.rules.isRequired
    }
    if !required.isEmpty { schema["required"] = .array(required.map { .string($0.name) }) }
    if !isAnswer { schema["additionalProperties"] = false }
    return schema
  }

  /// - Parameter isBody: of a request, where null counts as not given.
  private func property(_ field: Field, isAnswer: Bool, isBody: Bool = false) -> JSONText {
    let field = field.shown
    var schema: JSONText
    if let entry = types.mapEntry(field) {
      schema = ["type": "object", "additionalProperties": single(entry.fields[1])]
      if isBody { schema["maxProperties"] = 256 }
    } else if field.isRepeated {
      schema = ["type": "array", "items": single(field)]
      if let value = field.rules.minItems { schema["minItems"] = .number(Double(value)) }
      if let value = field.rules.maxItems { schema["maxItems"] = .number(Double(value)) }
    } else {
      schema = single(field)
      let isReference = schema["$ref"] != nil
      let isMessage = if case .message = field.kind { true } else { false }
      let mayBeNull =
        isAnswer
        ? field.rules.isNullable || (isMessage && !field.hasPresence) || isEnum(field)
        : isBody && isReference && !field.rules.isRequired
      if mayBeNull {
        schema =
          isReference
          ? ["anyOf": [schema, ["type": "null"]]] : nullable(schema)
      }
    }
    if isBody, !field.rules.isRequired, schema["anyOf"] == nil { schema = nullable(schema) }
    if !field.documentation.isEmpty { schema["description"] = .string(field.documentation) }
    if !field.rules.aliases.isEmpty, !isAnswer {
      schema["x-aliases"] = .array(field.rules.aliases.map { .string($0) })
    }
    return schema
  }

  /// A value that has no name is null.
  private func isEnum(_ field: Field) -> Bool {
    if case .enumeration = field.kind { !field.hasPresence } else { false }
  }

  /// The fields of a message.
  func fields(of message: String) -> [Field] { types.messages[message]?.fields ?? [] }

  private func nullable(_ schema: JSONText) -> JSONText {
    var schema = schema
    if let type = schema["type"], case .string = type { schema["type"] = [type, "null"] }
    return schema
  }

  /// Of a value, or of a list's element.
  private func single(_ field: Field) -> JSONText {
    var schema: JSONText
    switch field.kind {
    case .string where field.rules.isJSON:
      schema = ["type": "object"]
      if let value = field.rules.maxLength { schema["x-max-bytes"] = .number(Double(value)) }
      return schema
    case .string: schema = ["type": "string"]
    case .bytes: schema = ["type": "string", "contentEncoding": "base64"]
    case .bool: return ["type": "boolean"]
    case .int32: schema = ["type": "integer", "format": "int32"]
    case .uint32: schema = ["type": "integer", "format": "int32", "minimum": 0]
    case .int64: schema = ["type": "integer", "format": "int64"]
    case .uint64: schema = ["type": "integer", "format": "int64", "minimum": 0]
    case .float, .double: schema = ["type": "number"]
    case .enumeration(let name), .message(let name):
      return ["$ref": .string("#/components/schemas/\(Names.type(name))")]
    }
    let rules = field.rules
    switch rules.format {
    case .uuid:
      schema["format"] = "uuid"
      schema["maxLength"] = 36
    case .timestamp: schema = ["type": "string", "format": "date-time"]
    case .date: schema["format"] = "date"
    case .httpsURL:
      schema["pattern"] = .string(Self.httpsPattern)
      schema["maxLength"] = 2048
    case .timezone:
      schema["description"] = "The name of an IANA time zone."
      schema["pattern"] = "^[A-Za-z0-9][A-Za-z0-9/_+-]*$"
      schema["maxLength"] = 64
    case .email:
      schema["format"] = "email"
      schema["maxLength"] = 254
    case nil: if rules.isSecret { schema["format"] = "password" }
    }
    if let value = rules.minLength { schema["minLength"] = .number(Double(value)) }
    if let value = rules.maxLength { schema["maxLength"] = .number(Double(value)) }
    if let value = rules.pattern { schema["pattern"] = .string("^(\(value))$") }
    if let value = rules.minimum { schema["minimum"] = .number(value) }
    if let value = rules.exclusiveMinimum { schema["exclusiveMinimum"] = .number(value) }
    if let value = rules.maximum { schema["maximum"] = .number(value) }
    return schema
  }
}

extension OpenAPISchemas {
  /// As `Formats.swift` has it: a host without a user, a port, and what RFC 3986 has a place for.
  fileprivate static let httpsPattern =
    "^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][!#-;=?-Z\\[\\]_a-z~]*)?$"
}

/// What an operation takes and gives.
extension OpenAPISchemas {
  func parameters(_ route: RouteType, _ method: Method) -> [JSONText] {
    let fields = types.messages[method.input]?.fields ?? []
    var result = route.variables.compactMap { name -> JSONText? in
      guard let field = fields.first(where: { $0.name == name }) else { return nil }
      return ["name": .string(name), "in": "path", "required": true, "schema": single(field)]
    }
    guard route.verb == "GET" || route.verb == "DELETE" else { return result }
    for field in fields where !route.variables.contains(field.name) {
      if case .message = field.kind { continue }
      if field.rules.isSecret { continue }
      var parameter: JSONText = [
        "name": .string(field.name), "in": "query", "required": .bool(field.rules.isRequired),
      ]
      if !field.documentation.isEmpty { parameter["description"] = .string(field.documentation) }
      var schema = property(field, isAnswer: false)
      if case .object(let members) = schema {
        schema = .object(members.filter { $0.key != "description" })
      }
      parameter["schema"] = schema
      result.append(parameter)
    }
    return result
  }

  /// nil: the operation takes none.
  func body(_ route: RouteType, _ method: Method) -> JSONText? {
    guard let message = types.messages[method.input], route.verb != "GET", route.upload == nil
    else { return nil }
    let fields = message.fields.filter { !route.variables.contains($0.name) }
    // A DELETE's fields may come from the query, unless they are secret.
    if fields.isEmpty || (route.verb == "DELETE" && !fields.contains { $0.rules.isSecret }) {
      return nil
    }
    if route.variables.isEmpty {
      return ["$ref": .string("#/components/schemas/\(Names.type(method.input))")]
    }
    return object(message, without: route.variables)
  }

  func requiresBody(_ route: RouteType, _ method: Method) -> Bool {
    (types.messages[method.input]?.fields ?? []).contains {
      $0.rules.isRequired && !route.variables.contains($0.name)
    }
  }

  func answer(_ route: RouteType, _ method: Method) -> JSONText {
    let reference: JSONText = ["$ref": .string("#/components/schemas/\(Names.type(method.output))")]
    if route.names.isEmpty { return reference }
    let fields = types.messages[method.output]?.fields ?? []
    let further = route.names.map { name in
      let parts = name.split(separator: "=").map(String.init)
      var schema: JSONText = ["description": .string("The same as `\(parts[1])`.")]
      if let field = fields.first(where: { $0.name == parts[1] }) {
        schema = property(field, isAnswer: true)
        schema["description"] = .string("The same as `\(parts[1])`.")
      }
      return (key: parts[0], value: schema)
    }
    return ["allOf": [reference, ["type": "object", "properties": .object(further)]]]
  }

  private static let problem: JSONText = [
    "type": "object",
    "description": "An error (RFC 9457).",
    "properties": [
      "type": ["type": "string"],
      "title": ["type": "string"],
      "status": ["type": "integer"],
      "detail": ["type": "string"],
      "instance": ["type": "string"],
      "code": ["type": "string", "description": "For machines, e.g. `email_taken`."],
      "request_id": ["type": "string"],
      "errors": [
        "type": "array",
        "items": [
          "type": "object",
          "properties": [
            "field": ["type": "string"],
            "code": ["type": "string"],
            "message": ["type": "string"],
          ],
          "required": ["field", "code", "message"],
        ],
      ],
    ],
    "required": ["type", "title", "status", "detail", "code", "request_id"],
  ]
}
