import CDescriptor
import Foundation

/// The C code: protoc-gen-c, run as the plugin that it is, on descriptors changed so that
/// - `string` is `bytes`, the same on the wire: protobuf-c's `char *` would end at a NUL;
/// - enums are `int32`, the same on the wire, as Swift has its own;
/// - `proto3_optional`, which protoc-gen-c refuses, is dropped; its oneof carries presence;
/// - map entries are plain messages, as a map's key may not be bytes;
/// - services, options, comments and the annotations' import are gone.
struct CCode {
  let set: DescriptorSet
  let contract: Contract
  let module: String

  /// Names and contents of the generated files. Changes the set.
  func generate(plugin: String) throws -> [(name: String, content: String)] {
    var files: [UnsafeMutablePointer<Google__Protobuf__FileDescriptorProto>?] = []
    for file in set.files where DescriptorSet.isContract(text(file.pointee.name)) {
      rewrite(file)
      files.append(file)
    }
    var names = contract.files.map { strdup($0.path) }
    let request = files.withUnsafeMutableBufferPointer { files in
      names.withUnsafeMutableBufferPointer { names in
        var request = Google__Protobuf__Compiler__CodeGeneratorRequest()
        google__protobuf__compiler__code_generator_request__init(&request)
        request.n_proto_file = files.count
        request.proto_file = files.baseAddress
        request.n_file_to_generate = names.count
        request.file_to_generate = names.baseAddress
        let count = google__protobuf__compiler__code_generator_request__get_packed_size(&request)
        return [UInt8](unsafeUninitializedCapacity: count) {
          $1 = google__protobuf__compiler__code_generator_request__pack(&request, $0.baseAddress)
        }
      }
    }
    let answer = try run(plugin, request)
    guard
      let response = google__protobuf__compiler__code_generator_response__unpack(
        nil, answer.count, answer)
    else { throw Refusal("the answer of protoc-gen-c does not parse") }
    defer { google__protobuf__compiler__code_generator_response__free_unpacked(response, nil) }
    if let error = response.pointee.error { throw Refusal("protoc-gen-c: \(text(error))") }
    return list(response.pointee.file, response.pointee.n_file).map {
      (text($0.pointee.name), text($0.pointee.content))
    }
  }

  /// What is cut off here leaks, in a program that ends soon.
  private func rewrite(_ file: UnsafeMutablePointer<Google__Protobuf__FileDescriptorProto>) {
    file.pointee.n_service = 0
    file.pointee.n_enum_type = 0
    file.pointee.source_code_info = nil
    file.pointee.options = nil
    let kept = (0..<file.pointee.n_dependency).map { file.pointee.dependency[$0] }
      .filter { DescriptorSet.isContract(text($0)) }
    for (index, name) in kept.enumerated() { file.pointee.dependency[index] = name }
    file.pointee.n_dependency = kept.count
    file.pointee.n_public_dependency = 0
    for message in list(file.pointee.message_type, file.pointee.n_message_type) {
      rewrite(message)
    }
  }

  private func rewrite(_ message: UnsafeMutablePointer<Google__Protobuf__DescriptorProto>) {
    message.pointee.options = nil
    message.pointee.n_enum_type = 0
    for field in list(message.pointee.field, message.pointee.n_field) {
      field.pointee.has_proto3_optional = 0
      field.pointee.proto3_optional = 0
      field.pointee.options = nil
      switch field.pointee.type {
      case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING:
        field.pointee.type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES
      case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM:
        field.pointee.type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32
        field.pointee.type_name = nil
      default: break
      }
    }
    for inner in list(message.pointee.nested_type, message.pointee.n_nested_type) {
      rewrite(inner)
    }
  }

  private func run(_ plugin: String, _ request: [UInt8]) throws -> [UInt8] {
    // Through a file, so that neither side waits for the other with a full pipe.
    let input = FileManager.default.temporaryDirectory
      .appendingPathComponent("protogen-\(getpid()).request")
    try Data(request).write(to: input)
    defer { try? FileManager.default.removeItem(at: input) }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [plugin]
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = output
    try process.run()
    let answer = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Refusal("\(plugin) failed") }
    return answer
  }

  func moduleMap() -> String {
    """
    module \(module) {
      umbrella header "\(module).h"
      link "protobuf-c"
      export *
    }

    """
  }

  /// The umbrella header. Descriptors are reached by functions, as Swift imports no address of an
  /// `extern const`.
  func umbrella() -> String {
    var result = """
      /* Generated by protogen from the .proto files. Do not edit. */
      #ifndef FOCAL_\(module.uppercased())_H
      #define FOCAL_\(module.uppercased())_H


      """
    for file in contract.files {
      result += "#include \"\(file.path.replacingOccurrences(of: ".proto", with: ".pb-c.h"))\"\n"
    }
    result += "\n"
    for message in contract.messages {
      let name = CNames.function(message.fullName)
      result += """
        static inline const ProtobufCMessageDescriptor *\(name)__type(void) {
          return &\(name)__descriptor;
        }

        """
    }
    return result + "\n#endif\n"
  }
}
