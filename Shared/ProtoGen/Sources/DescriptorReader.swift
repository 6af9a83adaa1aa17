import CDescriptor

/// Reads a `FileDescriptorSet`, as `protoc --include_imports --include_source_info` writes it.
final class DescriptorSet {
  let raw: UnsafeMutablePointer<Google__Protobuf__FileDescriptorSet>

  init(_ bytes: [UInt8]) throws {
    guard let raw = google__protobuf__file_descriptor_set__unpack(nil, bytes.count, bytes) else {
      throw Refusal("the descriptor set does not parse")
    }
    self.raw = raw
  }

  // Never freed: the program ends after it, and CCode rewrites it in place.

  var files: [UnsafeMutablePointer<Google__Protobuf__FileDescriptorProto>] {
    list(raw.pointee.file, raw.pointee.n_file)
  }

  /// The files of the contract: not protobuf's own, not the annotations.
  static func isContract(_ path: String) -> Bool {
    !path.hasPrefix("google/") && path != "focal/http.proto"
  }

  func contract() throws -> Contract {
    Contract(
      files: try files.filter { Self.isContract(text($0.pointee.name)) }
        .map { try FileReader($0).read() })
  }
}

func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
  text(UnsafePointer(pointer))
}

func list<T>(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?, _ count: Int
) -> [UnsafeMutablePointer<T>] {
  (0..<count).compactMap { pointer?[$0] }
}

/// One file of the set.
struct FileReader {
  typealias Pointer<T> = UnsafeMutablePointer<T>

  private let raw: Pointer<Google__Protobuf__FileDescriptorProto>
  private var comments: [[Int32]: String] = [:]
  private var file: ProtoFile

  init(_ raw: Pointer<Google__Protobuf__FileDescriptorProto>) {
    self.raw = raw
    file = ProtoFile(
      path: text(raw.pointee.name), package: text(raw.pointee.package),
      syntax: text(raw.pointee.syntax))
    guard let info = raw.pointee.source_code_info else { return }
    for location in list(info.pointee.location, info.pointee.n_location) {
      guard location.pointee.leading_comments != nil else { continue }
      let path = (0..<location.pointee.n_path).map { location.pointee.path[$0] }
      comments[path] =
        text(location.pointee.leading_comments)
        .split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.drop { $0 == " " } }.joined(separator: "\n")
        .trimmingNewlines
    }
  }

  func read() throws -> ProtoFile {
    var reader = self
    let file = raw.pointee
    for (index, message) in list(file.message_type, file.n_message_type).enumerated() {
      try reader.read(message, in: reader.file.package, [4, Int32(index)])
    }
    for (index, type) in list(file.enum_type, file.n_enum_type).enumerated() {
      reader.read(type, in: reader.file.package, [5, Int32(index)])
    }
    for (index, service) in list(file.service, file.n_service).enumerated() {
      try reader.read(service, [6, Int32(index)])
    }
    return reader.file
  }

  private mutating func read(
    _ raw: Pointer<Google__Protobuf__EnumDescriptorProto>, in scope: String, _ path: [Int32]
  ) {
    let values = list(raw.pointee.value, raw.pointee.n_value).enumerated().map { index, value in
      EnumType.Value(
        name: text(value.pointee.name), number: value.pointee.number,
        documentation: comments[path + [2, Int32(index)]] ?? "")
    }
    var type = EnumType(
      fullName: scope + "." + text(raw.pointee.name), documentation: comments[path] ?? "",
      values: values)
    if let options = raw.pointee.options {
      type.isUpperCase = Option.upperCase.bool(in: options.pointee.base)
    }
    file.enums.append(type)
  }

  private mutating func read(
    _ raw: Pointer<Google__Protobuf__DescriptorProto>, in scope: String, _ path: [Int32]
  ) throws {
    let proto = raw.pointee
    var message = MessageType(
      fullName: scope + "." + text(proto.name), documentation: comments[path] ?? "")
    if let options = proto.options { message.isMapEntry = options.pointee.map_entry != 0 }
    let oneofs = list(proto.oneof_decl, proto.n_oneof_decl).map { text($0.pointee.name) }
    for (index, field) in list(proto.field, proto.n_field).enumerated() {
      let field = try read(
        field.pointee, oneofs, in: message.fullName, comments[path + [2, Int32(index)]] ?? "")
      if let oneof = field.oneof, !message.oneofs.contains(oneof) { message.oneofs.append(oneof) }
      message.fields.append(field)
    }
    message.fields.sort { $0.number < $1.number }
    file.messages.append(message)
    for (index, inner) in list(proto.nested_type, proto.n_nested_type).enumerated() {
      try read(inner, in: message.fullName, path + [3, Int32(index)])
    }
    for (index, inner) in list(proto.enum_type, proto.n_enum_type).enumerated() {
      read(inner, in: message.fullName, path + [4, Int32(index)])
    }
  }

  private func read(
    _ proto: Google__Protobuf__FieldDescriptorProto, _ oneofs: [String], in message: String,
    _ documentation: String
  ) throws -> Field {
    let target = String(text(proto.type_name).drop { $0 == "." })
    let kind: Field.Kind
    switch proto.type.rawValue {
    case 1: kind = .double
    case 2: kind = .float
    case 3, 16, 18: kind = .int64
    case 4, 6: kind = .uint64
    case 5, 15, 17: kind = .int32
    case 7, 13: kind = .uint32
    case 8: kind = .bool
    case 9: kind = .string
    case 11: kind = .message(target)
    case 12: kind = .bytes
    case 14: kind = .enumeration(target)
    default: throw Refusal("\(message).\(text(proto.name)): groups are not supported")
    }
    var field = Field(
      name: text(proto.name), number: proto.number, kind: kind, documentation: documentation,
      isRepeated: proto.label.rawValue == 3, isOptional: proto.proto3_optional != 0)
    if proto.has_oneof_index != 0, !field.isOptional {
      field.oneof = oneofs[Int(proto.oneof_index)]
    }
    if let options = proto.options {
      field.rules = try Option.rules.rules(in: options.pointee.base, file.package)
    }
    return field
  }

  private mutating func read(
    _ raw: Pointer<Google__Protobuf__ServiceDescriptorProto>, _ path: [Int32]
  ) throws {
    var service = ServiceType(
      fullName: file.package + "." + text(raw.pointee.name), documentation: comments[path] ?? "")
    for (index, method) in list(raw.pointee.method, raw.pointee.n_method).enumerated() {
      let proto = method.pointee
      var method = Method(
        name: text(proto.name), documentation: comments[path + [2, Int32(index)]] ?? "",
        input: String(text(proto.input_type).drop { $0 == "." }),
        output: String(text(proto.output_type).drop { $0 == "." }),
        isStreaming: proto.client_streaming != 0 || proto.server_streaming != 0)
      if let options = proto.options {
        method.routes = try Option.route.routes(in: options.pointee.base)
        method.isIdempotent = Option.idempotent.bool(in: options.pointee.base)
      }
      if method.routes.first?.verb == "GET" { method.isIdempotent = true }
      service.methods.append(method)
    }
    file.services.append(service)
  }
}

extension String {
  var trimmingNewlines: String {
    var result = Substring(self)
    while result.last?.isWhitespace == true { result.removeLast() }
    while result.first?.isNewline == true { result.removeFirst() }
    return String(result)
  }
}
