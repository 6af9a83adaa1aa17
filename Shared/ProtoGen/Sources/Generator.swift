import Foundation

/// From a descriptor set to all that is generated.
struct Generator {
  /// Paths below the output folder, and contents.
  /// - Parameter cModule: the name of the C target.
  static func generate(
    _ bytes: [UInt8], cModule: String = "CMessages", plugin: String = "protoc-gen-c"
  ) throws -> [(path: String, content: String)] {
    let set = try DescriptorSet(bytes)
    let contract = try set.contract()
    try Checks(contract).run()
    let tables = SwiftTables(contract, cModule: cModule)
    let messages = SwiftMessages(
      cModule: cModule, types: SwiftTypes(contract), nesting: Nesting(contract))
    var result: [(path: String, content: String)] = []
    for file in contract.files {
      let name = SwiftTables.name(file)
      result.append(("Messages/\(name)Messages.swift", messages.source(file)))
      result.append(("Messages/\(name)Schemas.swift", tables.schemas(file)))
      guard !file.services.isEmpty else { continue }
      result.append(("Messages/\(name)Service.swift", SwiftServices().source(file)))
      result.append(("Messages/\(name)Routes.swift", tables.routes(file)))
    }
    result.append(("Messages/Schemas.swift", tables.schemas()))
    result.append(("Messages/Routes.swift", tables.routes()))
    result.append(("openapi.json", OpenAPI(contract).document()))
    let c = CCode(set: set, contract: contract, module: cModule)
    result.append(("CMessages/include/\(cModule).h", c.umbrella()))
    result.append(("CMessages/include/module.modulemap", c.moduleMap()))
    // Last, as it changes the descriptors.
    for (name, content) in try c.generate(plugin: plugin) {
      let folder = name.hasSuffix(".h") ? "CMessages/include/" : "CMessages/"
      result.append((folder + name, content))
    }
    return result
  }

  /// Writes what has changed and removes what is no longer generated.
  static func write(_ files: [(path: String, content: String)], to folder: String) throws {
    let root = URL(fileURLWithPath: folder)
    let wanted = Set(files.map(\.path))
    for (path, content) in files {
      let url = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      // An unchanged file keeps its time, so that nothing is built again.
      let old = try? Data(contentsOf: url)
      if old != Data(content.utf8) { try Data(content.utf8).write(to: url, options: .atomic) }
    }
    for part in ["CMessages", "Messages"] {
      let walker = FileManager.default.enumerator(atPath: root.appendingPathComponent(part).path)
      while let path = walker?.nextObject() as? String {
        let isGenerated = [".swift", ".h", ".c"].contains { path.hasSuffix($0) }
        if isGenerated, !wanted.contains("\(part)/\(path)") {
          try FileManager.default.removeItem(at: root.appendingPathComponent("\(part)/\(path)"))
        }
      }
    }
  }
}
