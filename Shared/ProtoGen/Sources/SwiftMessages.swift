/// A file's enums and messages as Swift values.
struct SwiftMessages {
  let cModule: String
  let types: SwiftTypes
  let nesting: Nesting

  func source(_ file: ProtoFile) -> String {
    var out = SwiftText(imports: [cModule, "CProtobufC", "Wire"])
    for type in file.enums { enumeration(type, &out) }
    for message in file.messages where !message.isMapEntry {
      value(message, &out)
      bridge(message, &out)
    }
    return out.text
  }

  private func enumeration(_ type: EnumType, _ out: inout SwiftText) {
    let name = Names.type(type.fullName)
    out.line()
    out.documentation(type.documentation)
    out.line("public nonisolated enum \(name): Int32, Sendable, CaseIterable {")
    for value in type.values {
      out.documentation(value.documentation, indent: "  ")
      out.line("  case \(Names.escaped(caseName(value, type))) = \(value.number)")
    }
    out.line()
    out.line("  /// A number that this contract does not know is `unspecified`.")
    out.line("  public init(number: Int32) { self = Self(rawValue: number) ?? .unspecified }")
    out.line()
    out.line("  /// As in JSON; nil of `unspecified` and of names it does not know.")
    out.line("  public init?(name: String) {")
    out.line("    switch name {")
    for value in type.values where value.number != 0 {
      out.line(
        "    case \"\(jsonName(value, type))\": self = .\(caseName(value, type))")
    }
    out.line("    default: return nil")
    out.line("    }")
    out.line("  }")
    out.line()
    out.line("  /// As in JSON; empty of `unspecified`.")
    out.line("  public var name: String {")
    out.line("    switch self {")
    for value in type.values {
      let text = value.number == 0 ? "" : jsonName(value, type)
      out.line("    case .\(caseName(value, type)): \"\(text)\"")
    }
    out.line("    }")
    out.line("  }")
    out.line("}")
  }

  private func caseName(_ value: EnumType.Value, _ type: EnumType) -> String {
    Names.property(String(value.name.dropFirst(Names.prefix(of: type).count)))
  }

  private func value(_ message: MessageType, _ out: inout SwiftText) {
    out.line()
    out.documentation(message.documentation)
    out.line("public nonisolated struct \(Names.type(message.fullName)): Message {")
    for oneof in message.oneofs {
      out.line("  public enum \(oneofType(oneof)): Hashable, Sendable {")
      for field in message.fields where field.oneof == oneof {
        out.documentation(field.documentation, indent: "    ")
        out.line("    case \(Names.escaped(Names.property(field.name)))(\(types.element(field)))")
      }
      out.line("  }")
      out.line()
    }
    let properties = properties(message)
    for property in properties {
      out.documentation(property.documentation, indent: "  ")
      out.line("  public var \(Names.escaped(property.name)): \(property.type)")
    }
    if !properties.isEmpty { out.line() }
    if properties.isEmpty {
      out.line("  public init() {}")
    } else {
      out.line("  public init(")
      out.line(
        properties.map { "    \($0.name): \($0.type) = \($0.defaultValue)" }
          .joined(separator: ",\n"))
      out.line("  ) {")
      for property in properties {
        out.line("    self.\(property.name) = \(Names.escaped(property.name))")
      }
      out.line("  }")
    }
    out.line("}")
  }

  private struct Property {
    var name: String
    var type: String
    var defaultValue: String
    var documentation: String
  }

  /// One for each field, but one for all of a oneof.
  private func properties(_ message: MessageType) -> [Property] {
    var seen: Set<String> = []
    return message.fields.compactMap { field in
      guard let oneof = field.oneof else {
        return Property(
          name: Names.property(field.name), type: types.type(field),
          defaultValue: types.defaultValue(field), documentation: field.documentation)
      }
      guard seen.insert(oneof).inserted else { return nil }
      return Property(
        name: Names.property(oneof), type: oneofType(oneof) + "?", defaultValue: "nil",
        documentation: "")
    }
  }

  private func oneofType(_ oneof: String) -> String { Names.upperFirst(Names.property(oneof)) }

  private func bridge(_ message: MessageType, _ out: inout SwiftText) {
    let function = CNames.function(message.fullName)
    let nestingMax = nesting.maximum(of: message.fullName)
    out.line()
    out.line("nonisolated extension \(Names.type(message.fullName)) {")
    out.line("  public typealias C = \(CNames.type(message.fullName))")
    out.line()
    out.line("  public static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {")
    out.line("    \(function)__type()")
    out.line("  }")
    if nestingMax > 0 { out.line("  public static var nestingMax: Int { \(nestingMax) }") }
    out.line()
    out.line("  public init(c: UnsafePointer<C>) throws(WireError) {")
    var seen: Set<String> = []
    for field in message.fields {
      if let oneof = field.oneof {
        if seen.insert(oneof).inserted { readOneof(oneof, message, &out) }
      } else {
        out.line("    " + read(field))
      }
    }
    out.line("  }")
    out.line()
    out.line("  public func fill(")
    out.line("    _ c: UnsafeMutablePointer<C>, _ arena: borrowing Arena")
    out.line("  ) throws(WireError) {")
    out.line("    \(function)__init(c)")
    seen = []
    for field in message.fields {
      if let oneof = field.oneof {
        if seen.insert(oneof).inserted { writeOneof(oneof, message, &out) }
      } else {
        write(field, &out)
      }
    }
    out.line("  }")
    out.line("}")
  }

  private func read(_ field: Field) -> String {
    let place = "c.pointee.\(CNames.field(field.name))"
    let count = "c.pointee.n_\(CNames.field(field.name))"
    let target = "self.\(Names.property(field.name)) = "
    if let entry = types.mapEntry(field) {
      let value = entry.fields[1]
      let read =
        if case .message(let name) = value.kind {
          // Absent on the wire, it is one in which nothing is set.
          "try Bridge.message(entry.pointee.value) ?? \(Names.type(name))()"
        } else {
          (types.readThrows(value) ? "try " : "") + types.read(value, "entry.pointee.value")
        }
      return target + "try Bridge.map(\(place), \(count)) { "
        + "(entry: UnsafePointer<\(CNames.type(entry.fullName))>) throws(WireError) in "
        + "(try Bridge.string(entry.pointee.key), \(read)) }"
    }
    if field.isRepeated {
      if case .message = field.kind { return target + "try Bridge.messages(\(place), \(count))" }
      let single = (field.kind == .string ? "try " : "") + types.read(field, "element")
      return target + "try Bridge.array(\(place), \(count)) { "
        + "(element) throws(WireError) in \(single) }"
    }
    let tryText = types.readThrows(field) ? "try " : ""
    if field.isOptional {
      return target + "\(tryText)c.pointee._\(field.name.lowercased())_case.rawValue == "
        + "\(field.number) ? \(types.read(field, place)) : nil"
    }
    return target + tryText + types.read(field, place)
  }

  private func write(_ field: Field, _ out: inout SwiftText) {
    let place = "c.pointee.\(CNames.field(field.name))"
    let count = "c.pointee.n_\(CNames.field(field.name))"
    let name = "self.\(Names.property(field.name))"
    if let entry = types.mapEntry(field) {
      let value = entry.fields[1]
      out.line("    (\(place), \(count)) = try arena.put(map: \(name)) {")
      let type = CNames.type(entry.fullName)
      out.line("      (entry: UnsafeMutablePointer<\(type)>, key, value) throws(WireError) in")
      out.line("      \(CNames.function(entry.fullName))__init(entry)")
      out.line("      entry.pointee.key = try arena.put(key)")
      let tryText = types.writeThrows(value) ? "try " : ""
      out.line("      entry.pointee.value = \(tryText)\(types.write(value, "value"))")
      out.line("    }")
    } else if field.isRepeated {
      if case .message = field.kind {
        out.line("    (\(place), \(count)) = try arena.put(messages: \(name))")
      } else {
        let tryText = field.kind == .string || field.kind == .bytes ? "try " : ""
        out.line(
          "    (\(place), \(count)) = try arena.put(array: \(name)) { "
            + "(element) throws(WireError) in \(tryText)\(types.write(field, "element")) }")
      }
    } else if types.type(field).hasSuffix("?") {
      out.line("    if let value = \(name) {")
      if field.isOptional {
        out.line(
          "      c.pointee._\(field.name.lowercased())_case = .init(rawValue: \(field.number))")
      }
      let tryText = types.writeThrows(field) ? "try " : ""
      out.line("      \(place) = \(tryText)\(types.write(field, "value"))")
      out.line("    }")
    } else {
      let tryText = types.writeThrows(field) ? "try " : ""
      out.line("    \(place) = \(tryText)\(types.write(field, name))")
    }
  }

  private func readOneof(_ oneof: String, _ message: MessageType, _ out: inout SwiftText) {
    out.line("    switch c.pointee.\(oneof.lowercased())_case.rawValue {")
    for field in message.fields where field.oneof == oneof {
      let place = "c.pointee.\(CNames.field(field.name))"
      let name = Names.property(field.name)
      let target = "self.\(Names.property(oneof))"
      if case .message = field.kind {
        out.line(
          "    case \(field.number): \(target) = try Bridge.message(\(place)).map { .\(name)($0) }")
      } else {
        let tryText = types.readThrows(field) ? "try " : ""
        out.line(
          "    case \(field.number): \(target) = .\(name)(\(tryText)\(types.read(field, place)))")
      }
    }
    out.line("    default: self.\(Names.property(oneof)) = nil")
    out.line("    }")
  }

  private func writeOneof(_ oneof: String, _ message: MessageType, _ out: inout SwiftText) {
    out.line("    switch self.\(Names.property(oneof)) {")
    out.line("    case nil: break")
    for field in message.fields where field.oneof == oneof {
      out.line("    case .\(Names.property(field.name))(let value)?:")
      out.line("      c.pointee.\(oneof.lowercased())_case = .init(rawValue: \(field.number))")
      let tryText = types.writeThrows(field) ? "try " : ""
      out.line(
        "      c.pointee.\(CNames.field(field.name)) = \(tryText)\(types.write(field, "value"))")
    }
    out.line("    }")
  }
}

/// A value's name in JSON: without the enum's prefix.
func jsonName(_ value: EnumType.Value, _ type: EnumType) -> String {
  let name = value.name.dropFirst(Names.prefix(of: type).count)
  return type.isUpperCase ? name.uppercased() : name.lowercased()
}
