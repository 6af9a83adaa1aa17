import Glibc

/// A file that holds one setting, as docker secrets do.
nonisolated enum SettingFile {
  static let bytesMax = 64 << 10

  struct Failure: Error {
    let text: String
  }

  /// The file's text without the newline at its end.
  static func read(_ path: String) throws(Failure) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(text: reason(path)) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    var count = 0
    while count < bytes.count {
      let size = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
      }
      if size < 0, errno == EINTR { continue }
      if size < 0 { throw Failure(text: reason(path)) }
      if size == 0 { break }
      count += size
    }
    guard count <= bytesMax else { throw Failure(text: "\(path) is larger than \(bytesMax) bytes") }
    if count > 0, bytes[count - 1] == 0x0A { count -= 1 }
    if count > 0, bytes[count - 1] == 0x0D { count -= 1 }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw Failure(text: "\(path) is not UTF-8")
    }
    return text
  }

  private static func reason(_ path: String) -> String {
    "cannot read \(path): \(String(cString: strerror(errno)))"
  }
}
