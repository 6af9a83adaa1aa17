import Glibc

/// One step of a schema: `Migrations/V0001_users.sql`.
nonisolated struct MigrationFile: Sendable, Hashable {
  let version: Int
  let name: String
  let sql: [UInt8]

  /// The version that a file's name gives, or nil if it is no migration's name.
  static func version(of name: String) -> Int? {
    let characters = Array(name.utf8)
    guard characters.count > 10, characters[0] == UInt8(ascii: "V"), name.hasSuffix(".sql"),
      characters[5] == UInt8(ascii: "_"),
      characters[1..<5].allSatisfy({ (48...57).contains($0) }),
      characters.allSatisfy({
        (48...57).contains($0) || (97...122).contains($0) || $0 == 95
          || $0 == 46 || $0 == UInt8(ascii: "V")
      })
    else { return nil }
    return Int(name.dropFirst().prefix(4))
  }

  /// The folder's files by version. Refuses other names, and two of one version.
  static func all(in folder: String) throws(MigrationError) -> [MigrationFile] {
    var files: [MigrationFile] = []
    for name in try Folder.names(folder) where !name.hasPrefix(".") {
      guard let version = version(of: name) else {
        throw MigrationError("\(folder)/\(name): not named like V0001_users.sql")
      }
      if let other = files.first(where: { $0.version == version }) {
        throw MigrationError("\(folder): \(other.name) and \(name) have the same version")
      }
      files.append(
        MigrationFile(version: version, name: name, sql: try Folder.bytes("\(folder)/\(name)")))
    }
    return files.sorted { $0.version < $1.version }
  }
}

/// Why migrating stopped. Nothing of the migration that failed remains.
nonisolated public struct MigrationError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// Reading folders and files.
nonisolated enum Folder {
  /// What is in the folder, by name; empty if there is no such folder.
  static func names(_ path: String) throws(MigrationError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw MigrationError("\(path): \(String(cString: strerror(errno)))")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func bytes(_ path: String) throws(MigrationError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw MigrationError("\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw MigrationError("\(path): \(String(cString: strerror(errno)))") }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}
