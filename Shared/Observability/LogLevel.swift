/// How much a line matters. Lines below the log's level cost one comparison.
public nonisolated enum LogLevel: UInt8, Comparable, Sendable, CaseIterable {
  /// For who works on the code; off in production.
  case debug
  /// What an operator wants to read when all is well.
  case info
  /// Wrong, but the process heals it by itself.
  case warning
  /// Wrong, and somebody lost something: an answer, an event.
  case error

  /// `debug`, `info`, `warning` (or `warn`), `error`, in any case; `nil` for anything else.
  public init?(name: String) {
    switch name.lowercased() {
    case "debug": self = .debug
    case "info": self = .info
    case "warning", "warn": self = .warning
    case "error": self = .error
    default: return nil
    }
  }

  public var name: String {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
