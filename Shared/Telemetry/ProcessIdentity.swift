import Glibc

/// Who reports.
public nonisolated struct ProcessIdentity: Sendable {
  /// `gateway`, `auth` …
  public let name: String
  public let version: String
  /// Among all of its name.
  public let instance: String
  /// `APP_ENV`.
  public let environment: String
  public let host: String

  public init(
    name: String, version: String, instance: String, environment: String,
    host: String = ProcessIdentity.hostName
  ) {
    self.name = name
    self.version = version
    self.instance = instance
    self.environment = environment
    self.host = host
  }

  public static var hostName: String {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return "" }
    return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
