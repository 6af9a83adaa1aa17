import Foundation
import Testing

@testable import protogen

/// Compiles protos that a test writes down, with protoc itself.
enum ProtoCompiler {
  /// The repository's folder of protos, where http.proto is.
  static let protos = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("protos").path

  /// - Parameter files: contents by paths like `focal/a.proto`.
  static func descriptorSet(_ files: [String: String]) throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("protogen-tests-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (path, content) in files {
      let url = folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(content.utf8).write(to: url)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "protoc", "-I\(folder.path)", "-I\(protos)", "-I/usr/include", "--include_imports",
        "--include_source_info", "--descriptor_set_out=\(folder.path)/set.pb",
      ] + files.keys.sorted()
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "protoc itself refuses the test's proto: \(text)")
    return [UInt8](try Data(contentsOf: folder.appendingPathComponent("set.pb")))
  }

  /// A file of the contract: `body` below the usual head.
  static func file(_ body: String, package: String = "focal.test.v1") -> String {
    """
    syntax = "proto3";
    package \(package);
    import "focal/http.proto";
    \(body)
    """
  }

  static func contract(_ body: String) throws -> Contract {
    try DescriptorSet(descriptorSet(["focal/test.proto": file(body)])).contract()
  }

  /// Why the generator refuses; nil: it does not.
  static func refusal(_ files: [String: String]) throws -> String? {
    let set = try DescriptorSet(descriptorSet(files))
    do {
      try Checks(try set.contract()).run()
      return nil
    } catch let refusal as Refusal {
      return refusal.description
    }
  }

  static func refusal(_ body: String) throws -> String? {
    try refusal(["focal/test.proto": file(body)])
  }
}
