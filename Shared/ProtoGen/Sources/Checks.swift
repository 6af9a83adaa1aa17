/// Refuses what would bite later: at run time, in the gateway, or in generated code that does not
/// compile. Each refusal says where, and why.
struct Checks {
  static let fieldsMax = 64
  static let depthMax: Int32 = 8

  let contract: Contract
  let types: SwiftTypes
  let nesting: Nesting
  private let enums: Set<String>

  init(_ contract: Contract) {
    self.contract = contract
    types = SwiftTypes(contract)
    nesting = Nesting(contract)
    enums = Set(contract.enums.map(\.fullName))
  }

  func run() throws {
    for file in contract.files { try check(file) }
    try checkTypeNames()
    for type in contract.enums { try check(type) }
    for message in contract.messages { try check(message) }
    if let name = nesting.undeclaredRecursion() {
      throw Refusal(
        "\(name) contains itself: a repeated field on the way has to declare its depth")
    }
    try checkMethods()
    try RouteChecks(contract, types).run()
  }

  private func check(_ file: ProtoFile) throws {
    guard file.syntax == "proto3" else { throw Refusal("\(file.path): syntax is not proto3") }
    let parts = file.package.split(separator: ".")
    guard parts.count == 3, parts[0] == "focal", parts[2].first == "v" else {
      throw Refusal("\(file.path): the package has to be focal.NAME.vN, it is \(file.package)")
    }
  }

  // MARK: Names

  /// What is in scope where generated code stands, or in the code of those who import it.
  private static let reserved: Set<String> = [
    "Any", "Arena", "Array", "Bool", "Bridge", "C", "Call", "CallContext", "Caller", "ClientInfo",
    "Dictionary", "Dispatcher", "Double", "Duration", "EnumSchema", "Error", "FieldSchema",
    "FieldViolation", "Float", "Hashable", "Int", "Int32", "Int64", "Message", "MessageSchema",
    "Never", "Optional", "RPCError", "Result", "Route", "Routes", "Schemas", "Secret", "Self",
    "Sendable", "Set", "String", "Task", "Transcoder", "Transport", "Type", "UInt32", "UInt64",
    "UInt8", "Wire", "WireError",
  ]

  /// Swift has one name space for all packages.
  private func checkTypeNames() throws {
    var owners: [String: String] = [:]
    func claim(_ name: String, _ owner: String) throws {
      if Self.reserved.contains(name) {
        throw Refusal("\(owner): the name \(name) is taken in Swift")
      }
      if let other = owners[name] {
        throw Refusal("\(owner) and \(other) would both be \(name) in Swift")
      }
      owners[name] = owner
    }
    for message in contract.messages where !message.isMapEntry {
      try claim(Names.type(message.fullName), message.fullName)
    }
    for type in contract.enums { try claim(Names.type(type.fullName), type.fullName) }
    for service in contract.services {
      for suffix in ["Service", "Client", "Dispatcher", "Methods"] {
        try claim(Names.service(service.fullName) + suffix, service.fullName)
      }
    }
    var files: Set<String> = []
    for file in contract.files where !files.insert(SwiftTables.name(file)).inserted {
      throw Refusal("\(file.path): another file has the same name")
    }
  }

  // MARK: Enums

  private func check(_ type: EnumType) throws {
    let prefix = Names.prefix(of: type)
    guard let zero = type.values.first, zero.number == 0, zero.name == prefix + "UNSPECIFIED" else {
      throw Refusal("\(type.fullName): the first value has to be \(prefix)UNSPECIFIED = 0")
    }
    var names: Set<String> = []
    var numbers: Set<Int32> = []
    for value in type.values {
      guard value.name.hasPrefix(prefix), value.name.count > prefix.count else {
        throw Refusal("\(type.fullName): \(value.name) does not begin with \(prefix)")
      }
      guard value.number >= 0, numbers.insert(value.number).inserted else {
        throw Refusal("\(type.fullName): the number of \(value.name) is negative or not its own")
      }
      let name = String(value.name.dropFirst(prefix.count))
      guard names.insert(Names.property(name)).inserted, name.first?.isNumber != true else {
        throw Refusal("\(type.fullName): \(value.name) gives no Swift name of its own")
      }
    }
  }

  // MARK: Messages

  /// Properties that generated code could not have.
  private static let reservedProperties: Set<String> = [
    "bytes", "self", "c", "fill", "hash", "hashValue", "descriptor", "schema", "init", "Type",
  ]

  private func check(_ message: MessageType) throws {
    guard message.fields.count <= Self.fieldsMax else {
      throw Refusal("\(message.fullName) has more than \(Self.fieldsMax) fields")
    }
    var properties: Set<String> = []
    var names: [String: String] = [:]
    for field in message.fields {
      let place = "\(message.fullName).\(field.name)"
      try check(field, place, message)
      let property = Names.property(field.name)
      if Self.reservedProperties.contains(property) {
        throw Refusal("\(place): the name \(property) is taken in Swift")
      }
      guard properties.insert(property).inserted else {
        throw Refusal("\(place): another field has the same name in Swift")
      }
      guard field.name == field.name.lowercased(), field.name.first?.isLetter == true else {
        throw Refusal("\(place): field names are lower_snake_case")
      }
      for name in [field.name] + field.rules.aliases {
        for form in Set([name, lowerCamelCase(name)]) {
          if let other = names[form] {
            throw Refusal("\(place): in JSON \(form) is \(other) already")
          }
          names[form] = field.name
        }
      }
    }
    for oneof in message.oneofs where !properties.insert(Names.property(oneof)).inserted {
      throw Refusal("\(message.fullName).\(oneof): a field has the same name")
    }
  }

  private func check(_ field: Field, _ place: String, _ message: MessageType) throws {
    switch field.shown.kind {
    case .message(let name):
      guard types.messages[name] != nil else { throw Refusal("\(place): \(name) is unknown") }
    case .enumeration(let name):
      guard enums.contains(name) else { throw Refusal("\(place): \(name) is unknown") }
    default: break
    }
    if let entry = types.mapEntry(field), entry.fields.first?.kind != .string {
      throw Refusal("\(place): a map's keys have to be strings")
    }
    try RuleChecks(field, place).run()
    guard let depth = field.rules.depth else { return }
    guard field.isRepeated, types.mapEntry(field) == nil,
      nesting.isRecursive(field, of: message.fullName)
    else { throw Refusal("\(place): only a repeated field of a recursive type has a depth") }
    guard (1...Self.depthMax).contains(depth) else {
      throw Refusal("\(place): depth has to be 1 to \(Self.depthMax)")
    }
  }

  // MARK: Methods

  private func checkMethods() throws {
    var ids: [UInt32: String] = [:]
    for service in contract.services {
      for method in service.methods {
        let place = "\(service.fullName)/\(method.name)"
        if method.isStreaming { throw Refusal("\(place): streaming is not supported") }
        for type in [method.input, method.output] where types.messages[type] == nil {
          throw Refusal("\(place): \(type) is unknown")
        }
        try Self.claim(methodID(service, method), place, &ids)
      }
    }
  }

  static func claim(_ id: UInt32, _ place: String, _ ids: inout [UInt32: String]) throws {
    if let other = ids[id] { throw Refusal("\(place) and \(other) have the same method id \(id)") }
    ids[id] = place
  }
}

/// `access_token` as `accessToken`: the other way in which requests may write a field.
func lowerCamelCase(_ name: String) -> String {
  let parts = name.split(separator: "_").map(String.init)
  return (parts.first ?? "") + parts.dropFirst().map { Names.upperFirst($0) }.joined()
}
