/// The gateway's tables: schemas and routes.
struct SwiftTables {
  let cModule: String
  let contract: Contract
  let types: SwiftTypes
  let nesting: Nesting
  private let messageIndex: [String: Int]
  private let enumIndex: [String: Int]

  init(_ contract: Contract, cModule: String) {
    self.cModule = cModule
    self.contract = contract
    types = SwiftTypes(contract)
    nesting = Nesting(contract)
    messageIndex = Dictionary(
      contract.messages.enumerated().map { ($1.fullName, $0) }, uniquingKeysWith: { $1 })
    enumIndex = Dictionary(
      contract.enums.enumerated().map { ($1.fullName, $0) }, uniquingKeysWith: { $1 })
  }

  /// `focal/auth.proto` as `Auth`.
  static func name(_ file: ProtoFile) -> String {
    let base = file.path.split(separator: "/").last ?? ""
    return Names.upperFirst(Names.property(String(base.dropLast(6))))
  }

  func schemas(_ file: ProtoFile) -> String {
    var out = SwiftText(imports: [cModule, "Wire"])
    out.line()
    out.line("extension Schemas {")
    out.line("  static func \(Names.lowerFirst(Self.name(file)))Messages() -> [MessageSchema] {")
    out.line("    [")
    for message in file.messages { schema(message, &out) }
    out.line("    ]")
    out.line("  }")
    out.line()
    out.line("  static func \(Names.lowerFirst(Self.name(file)))Enums() -> [EnumSchema] {")
    out.line("    [")
    for type in file.enums {
      let values = type.values.filter { $0.number != 0 }
        .map { "(\"\(jsonName($0, type))\", \($0.number))" }
      out.line("      EnumSchema(\"\(type.fullName)\", [\(values.joined(separator: ", "))]),")
    }
    out.line("    ]")
    out.line("  }")
    out.line("}")
    for message in file.messages where !message.isMapEntry {
      out.line()
      out.line("nonisolated extension \(Names.type(message.fullName)) {")
      out.line("  /// Its index in `Schemas.transcoder`.")
      out.line("  public static var schema: Int { \(messageIndex[message.fullName] ?? 0) }")
      out.line("}")
    }
    return out.text
  }

  private func schema(_ message: MessageType, _ out: inout SwiftText) {
    var head = "\"\(message.fullName)\", \(CNames.function(message.fullName))__type()"
    if message.isMapEntry { head += ", isMapEntry: true" }
    let nestingMax = nesting.maximum(of: message.fullName)
    if nestingMax > 0 { head += ", nestingMax: \(nestingMax)" }
    out.line("      MessageSchema(")
    out.line("        \(head),")
    out.line("        [")
    for field in message.fields { out.line("          \(schema(field)),") }
    out.line("        ]),")
  }

  private func schema(_ field: Field) -> String {
    let rules = field.rules
    var kind: String
    switch field.kind {
    case .message(let name): kind = ".message(\(messageIndex[name] ?? 0))"
    case .enumeration(let name): kind = ".enumeration(\(enumIndex[name] ?? 0))"
    default: kind = rules.isJSON || rules.jsonOf != nil ? ".json" : ".\(field.kind)"
    }
    var arguments = ["\"\(field.name)\"", kind]
    var traits: [String] = []
    if field.isRepeated { traits.append(".repeated") }
    if field.hasPresence { traits.append(".presence") }
    if rules.isRequired { traits.append(".required") }
    if rules.isSecret { traits.append(".secret") }
    if rules.jsonOf != nil { traits.append(".written") }
    if rules.isNullable { traits.append(".nullable") }
    if rules.exclusiveMinimum != nil { traits.append(".exclusiveMinimum") }
    if !traits.isEmpty { arguments.append("[\(traits.joined(separator: ", "))]") }
    if let format = rules.format { arguments.append("format: .\(format)") }
    if rules.minLength != nil || rules.maxLength != nil {
      arguments.append("length: \(range(rules.minLength, rules.maxLength))")
    }
    if rules.minItems != nil || rules.maxItems != nil {
      arguments.append("items: \(range(rules.minItems, rules.maxItems))")
    }
    if let minimum = rules.minimum ?? rules.exclusiveMinimum {
      arguments.append("minimum: \(minimum)")
    }
    if let maximum = rules.maximum { arguments.append("maximum: \(maximum)") }
    if let pattern = rules.pattern { arguments.append("pattern: \(SwiftText.quoted(pattern))") }
    if !rules.aliases.isEmpty {
      arguments.append("aliases: [\(rules.aliases.map { "\"\($0)\"" }.joined(separator: ", "))]")
    }
    if let depth = rules.depth { arguments.append("depth: \(depth)") }
    return ".init(\(arguments.joined(separator: ", ")))"
  }

  private func range(_ lower: Int32?, _ upper: Int32?) -> String {
    "\(lower ?? 0)...\(upper ?? .max)"
  }

  /// The whole contract's.
  func schemas() -> String {
    var out = SwiftText(imports: ["Wire"])
    out.line()
    out.line("/// What the gateway knows of the contract's messages.")
    out.line("public enum Schemas {")
    out.line("  public static let transcoder = Transcoder(")
    for (label, suffix) in [("messages", "Messages"), ("enums", "Enums")] {
      let parts = contract.files.map { "\(Names.lowerFirst(Self.name($0)))\(suffix)()" }
      let end = label == "messages" ? "," : ")"
      out.line("    \(label): [")
      out.line(parts.map { "      \($0)," }.joined(separator: "\n"))
      out.line("    ].flatMap { $0 }\(end)")
    }
    out.line("}")
    return out.text
  }
}

extension SwiftTables {
  func routes(_ file: ProtoFile) -> String {
    var out = SwiftText(imports: ["Wire"])
    out.line()
    out.line("nonisolated extension Routes {")
    out.line("  static func \(Names.lowerFirst(Self.name(file)))Routes() -> [Route] {")
    out.line("    [")
    for service in file.services {
      for method in service.methods {
        for route in method.routes {
          out.line("      Route(")
          out.line(
            arguments(route, method, service, file).map { "        \($0)" }
              .joined(separator: ",\n") + "),")
        }
      }
    }
    out.line("    ]")
    out.line("  }")
    out.line("}")
    return out.text
  }

  /// The whole contract's.
  func routes() -> String {
    var out = SwiftText(imports: ["Wire"])
    out.line()
    out.line(
      "/// Every path that the gateway serves by a service's method; canonical ones and aliases.")
    out.line("public nonisolated enum Routes {")
    out.line("  public static let all: [Route] = [")
    for file in contract.files where !file.services.isEmpty {
      out.line("    \(Names.lowerFirst(Self.name(file)))Routes(),")
    }
    out.line("  ].flatMap { $0 }")
    out.line("}")
    return out.text
  }

  private func arguments(
    _ route: RouteType, _ method: Method, _ service: ServiceType, _ file: ProtoFile
  ) -> [String] {
    let input = types.messages[method.input]?.fields ?? []
    let output = types.messages[method.output]?.fields ?? []
    func index(_ name: String, _ fields: [Field]) -> Int {
      fields.firstIndex { $0.name == name } ?? 0
    }
    var arguments = ["\"\(route.verb)\", \"\(route.path)\""]
    if route.isAlias, !route.path.hasPrefix("/api/") { arguments.append("isAlias: true") }
    arguments.append("service: \"\(Names.service(ofPackage: file.package))\"")
    arguments.append("name: \"\(service.fullName)/\(method.name)\"")
    arguments.append("methodID: \(methodID(service, method)), idempotent: \(method.isIdempotent)")
    arguments.append(
      "input: \(messageIndex[method.input] ?? 0), output: \(messageIndex[method.output] ?? 0)")
    if !route.variables.isEmpty {
      let fields = route.variables.map { "\(index($0, input))" }
      arguments.append("pathFields: [\(fields.joined(separator: ", "))]")
    }
    arguments.append("auth: .\(route.auth), rateClass: \"\(route.rateClass)\"")
    arguments.append("status: \(route.status)")
    if route.passesClient { arguments.append("passesClient: true") }
    if !route.names.isEmpty {
      let names = route.names.map { name in
        let parts = name.split(separator: "=").map(String.init)
        return ".init(\"\(parts[0])\", field: \(index(parts[1], output)))"
      }
      arguments.append("names: [\(names.joined(separator: ", "))]")
    }
    if let cookie = route.cookie {
      let action =
        if let set = cookie.set {
          ".set(field: \(index(set, output)), maxAgeField: "
            + "\(cookie.maxAge.map { "\(index($0, output))" } ?? "nil"))"
        } else {
          ".clear"
        }
      arguments.append("cookie: .init(\"\(cookie.name)\", \(action))")
    }
    for (label, raw, fields) in [
      ("upload", route.upload, input), ("download", route.download, output),
    ] {
      guard let raw else { continue }
      let types = raw.types.map { "\"\($0)\"" }.joined(separator: ", ")
      arguments.append(
        "\(label): .init(field: \(index(raw.field, fields)), typeField: "
          + "\(index(raw.type, fields)), types: [\(types)], bytesMax: \(raw.bytesMax))")
    }
    return arguments
  }
}
