/// The types of fields, in Swift and on the way to protobuf-c and back.
struct SwiftTypes {
  let messages: [String: MessageType]

  init(_ contract: Contract) {
    messages = Dictionary(
      contract.messages.map { ($0.fullName, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func mapEntry(_ field: Field) -> MessageType? {
    guard case .message(let name) = field.kind, let type = messages[name], type.isMapEntry else {
      return nil
    }
    return type
  }

  func element(_ field: Field) -> String {
    switch field.kind {
    case .string: field.rules.isSecret ? "Secret" : "String"
    case .bytes: "[UInt8]"
    case .bool: "Bool"
    case .int32: "Int32"
    case .uint32: "UInt32"
    case .int64: "Int64"
    case .uint64: "UInt64"
    case .float: "Float"
    case .double: "Double"
    case .message(let name), .enumeration(let name): Names.type(name)
    }
  }

  func type(_ field: Field) -> String {
    if let entry = mapEntry(field) { return "[String: \(element(entry.fields[1]))]" }
    if field.isRepeated { return "[\(element(field))]" }
    if field.isOptional { return element(field) + "?" }
    if case .message = field.kind { return element(field) + "?" }
    return element(field)
  }

  func defaultValue(_ field: Field) -> String {
    if mapEntry(field) != nil { return "[:]" }
    if field.isRepeated { return "[]" }
    if type(field).hasSuffix("?") { return "nil" }
    switch field.kind {
    case .string: return field.rules.isSecret ? "Secret(\"\")" : "\"\""
    case .bytes: return "[]"
    case .bool: return "false"
    case .enumeration: return ".unspecified"
    default: return "0"
    }
  }

  /// From C to Swift. `try` stands before the whole statement.
  func read(_ field: Field, _ expression: String) -> String {
    switch field.kind {
    case .string: "Bridge.\(field.rules.isSecret ? "secret" : "string")(\(expression))"
    case .bytes: "Bridge.bytes(\(expression))"
    case .bool: "\(expression) != 0"
    case .message: "Bridge.message(\(expression))"
    case .enumeration(let name): "\(Names.type(name))(number: \(expression))"
    default: expression
    }
  }

  /// From Swift to C.
  func write(_ field: Field, _ expression: String) -> String {
    switch field.kind {
    case .string, .bytes: "arena.put(\(expression))"
    case .bool: "\(expression) ? 1 : 0"
    case .message: "arena.put(message: \(expression))"
    case .enumeration: "\(expression).rawValue"
    default: expression
    }
  }

  /// Whether reading or writing it may throw.
  func readThrows(_ field: Field) -> Bool {
    if field.isRepeated { return true }
    switch field.kind {
    case .string, .message: return true
    default: return false
    }
  }

  func writeThrows(_ field: Field) -> Bool { readThrows(field) || field.kind == .bytes }
}
