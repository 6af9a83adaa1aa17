import Glibc

/// A file call that failed.
public nonisolated struct FileError: Error, Sendable, CustomStringConvertible {
  public let operation: String
  public let code: Int32

  public var description: String { "\(operation): \(String(cString: strerror(code)))" }
}

/// A folder of whole files: each appears at once with all its bytes, or not at all. Its calls block.
nonisolated struct FileStore: Sendable {
  let folder: String

  /// Makes the folder where it is missing, for its owner alone, with those above it.
  func prepare() throws(FileError) {
    var path = folder.hasPrefix("/") ? "/" : ""
    for part in folder.split(separator: "/") {
      path += path.isEmpty || path.hasSuffix("/") ? String(part) : "/" + part
      if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("make folder \(path)") }
    }
  }

  /// Writes a file that survives a crash once this returns; replaces one of the same name.
  func write(_ bytes: [UInt8], to name: String) throws(FileError) {
    try prepare()
    let path = "\(folder)/\(name)"
    let draft = "\(folder)/.\(name).\(UInt64.random(in: 0 ... .max))"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("create \(draft)") }
    do throws(FileError) {
      try fill(descriptor, bytes)
      guard fsync(descriptor) == 0 else { throw failure("sync \(draft)") }
    } catch {
      close(descriptor)
      unlink(draft)
      throw error
    }
    close(descriptor)
    guard rename(draft, path) == 0 else {
      let error = failure("rename \(draft)")
      unlink(draft)
      throw error
    }
    try sync()
  }

  /// `nil` where there is none. Throws `EFBIG` for one that is larger than `bytesMax`.
  func read(_ name: String, bytesMax: Int) throws(FileError) -> [UInt8]? {
    let path = "\(folder)/\(name)"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("open \(path)")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("stat \(path)") }
    let size = Int(status.st_size)
    guard size <= bytesMax else { throw FileError(operation: "read \(path)", code: EFBIG) }
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + done, size - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("read \(path)") }
      done += count
    }
    return bytes
  }

  /// Nothing happens where there is none.
  func remove(_ name: String) throws(FileError) {
    if unlink("\(folder)/\(name)") != 0, errno != ENOENT { throw failure("remove \(name)") }
  }

  private func fill(_ descriptor: Int32, _ bytes: [UInt8]) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("write") }
      done += count
    }
  }

  /// The new name itself survives a crash.
  private func sync() throws(FileError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open \(folder)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("sync \(folder)") }
  }

  private func failure(_ operation: String) -> FileError {
    FileError(operation: operation, code: errno)
  }
}
