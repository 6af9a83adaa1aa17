import CProtobufC
import Glibc

/// The plans of all messages and enums, made once from the generated schemas.
nonisolated final class PlanTable {
  let messages: UnsafeMutablePointer<MessagePlan>
  let messageCount: Int
  let enums: UnsafeMutablePointer<EnumPlan>
  private let enumCount: Int
  private let indices: [UnsafePointer<ProtobufCMessageDescriptor>: Int]
  private var texts: [UnsafeMutableRawBufferPointer] = []
  private var patterns: [UnsafeMutablePointer<regex_t>] = []

  init(_ schemas: [MessageSchema], _ enumSchemas: [EnumSchema]) {
    messageCount = schemas.count
    messages = .allocate(capacity: max(1, schemas.count))
    enumCount = enumSchemas.count
    indices = Dictionary(
      schemas.enumerated().map { ($1.descriptor, $0) }, uniquingKeysWith: { first, _ in first })
    enums = .allocate(capacity: max(1, enumSchemas.count))
    for (index, schema) in enumSchemas.enumerated() {
      (enums + index).initialize(to: plan(schema))
    }
    for (index, schema) in schemas.enumerated() {
      (messages + index).initialize(to: plan(schema, schemas))
    }
  }

  deinit {
    for index in 0..<messageCount {
      messages[index].fields.deallocate()
      messages[index].image.deallocate()
      messages[index].names.deallocate()
    }
    for index in 0..<enumCount { enums[index].values.deallocate() }
    for pattern in patterns {
      regfree(pattern)
      pattern.deallocate()
    }
    for text in texts { text.deallocate() }
    messages.deallocate()
    enums.deallocate()
  }

  /// Where a message stands among the schemas; nil: it is of another contract.
  func index(of descriptor: UnsafePointer<ProtobufCMessageDescriptor>) -> Int? {
    indices[descriptor]
  }

  private func plan(_ schema: EnumSchema) -> EnumPlan {
    let plan = EnumPlan(
      values: .allocate(capacity: max(1, schema.values.count)), count: schema.values.count)
    for (index, value) in schema.values.enumerated() {
      (plan.values + index).initialize(to: (keep("\(value.name)"), value.number))
    }
    return plan
  }

  private func plan(_ schema: MessageSchema, _ schemas: [MessageSchema]) -> MessagePlan {
    let descriptor = schema.descriptor
    precondition(
      Int(descriptor.pointee.n_fields) == schema.fields.count && schema.fields.count <= 64,
      "\(schema.name): schema and descriptor differ")
    let size = descriptor.pointee.sizeof_message
    let image = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    descriptor.pointee.message_init(image.assumingMemoryBound(to: ProtobufCMessage.self))
    let fields = UnsafeMutablePointer<FieldPlan>.allocate(capacity: max(1, schema.fields.count))
    var required: UInt64 = 0
    var names: [(name: UnsafeRawBufferPointer, field: Int)] = []
    for (index, field) in schema.fields.enumerated() {
      let plan = plan(field, descriptor.pointee.fields[index], schemas)
      (fields + index).initialize(to: plan)
      if field.traits.contains(.required) { required |= 1 << UInt64(index) }
      names.append((plan.name, index))
      for name in [plan.nameText] + field.aliases.map({ "\($0)" }) {
        names.append((keep(name), index))
        names.append((keep(lowerCamelCase(name)), index))
      }
    }
    return MessagePlan(
      descriptor: descriptor, image: image, size: size, fields: fields,
      fieldCount: schema.fields.count, names: NameTable(names), required: required,
      nestingMax: schema.nestingMax)
  }

  private func plan(
    _ field: FieldSchema, _ descriptor: ProtobufCFieldDescriptor, _ schemas: [MessageSchema]
  ) -> FieldPlan {
    let key = keep(",\"\(field.name)\":")
    let (kind, target, width) = Self.shape(field.kind, schemas)
    return FieldPlan(
      key: key.baseAddress!.assumingMemoryBound(to: UInt8.self), keyCount: key.count, kind: kind,
      traits: field.traits, format: field.format,
      isOneof: descriptor.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0, width: width,
      tag: descriptor.id, offset: Int(descriptor.offset),
      quantifier: Int(descriptor.quantifier_offset), target: target, length: field.length,
      items: field.items, minimum: field.minimum, maximum: field.maximum,
      pattern: compile("\(field.pattern)"),
      depth: field.depth)
  }

  private static func shape(
    _ kind: FieldSchema.Kind, _ schemas: [MessageSchema]
  ) -> (FieldPlan.Kind, target: Int, width: Int) {
    switch kind {
    case .string: (.string, 0, 16)
    case .bytes: (.bytes, 0, 16)
    case .json: (.json, 0, 16)
    case .bool: (.bool, 0, 4)
    case .int32: (.int32, 0, 4)
    case .uint32: (.uint32, 0, 4)
    case .int64: (.int64, 0, 8)
    case .uint64: (.uint64, 0, 8)
    case .float: (.float, 0, 4)
    case .double: (.double, 0, 8)
    case .message(let index): (schemas[index].isMapEntry ? .map : .message, index, 8)
    case .enumeration(let index): (.enumeration, index, 4)
    }
  }

  private func compile(_ pattern: String) -> UnsafePointer<regex_t>? {
    if pattern.isEmpty { return nil }
    let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
    // The whole string has to match. The generator has compiled it before.
    let status = regcomp(compiled, "^(\(pattern))$", REG_EXTENDED | REG_NOSUB)
    precondition(status == 0, "the pattern \(pattern) does not compile")
    patterns.append(compiled)
    return UnsafePointer(compiled)
  }

  private func keep(_ text: String) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    copy.copyBytes(from: text.utf8)
    texts.append(copy)
    return UnsafeRawBufferPointer(copy)
  }
}

/// `access_token` as `accessToken`.
nonisolated func lowerCamelCase(_ name: String) -> String {
  var result = ""
  var raises = false
  for character in name {
    if character == "_" {
      raises = !result.isEmpty
    } else {
      result += raises ? character.uppercased() : String(character)
      raises = false
    }
  }
  return result
}
