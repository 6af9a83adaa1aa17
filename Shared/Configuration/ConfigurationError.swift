import Glibc

/// Everything that is wrong with the settings, at once.
public nonisolated struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public nonisolated struct Problem: Hashable, Sendable {
    /// The variable's name.
    public let name: String
    /// What is wrong with it; never the value of a secret.
    public let text: String
  }

  public let problems: [Problem]

  /// One line a problem: `PORT: not a whole number`.
  public var description: String {
    problems.map { "\($0.name): \($0.text)" }.joined(separator: "\n")
  }

  /// `EX_CONFIG` of sysexits.h: supervisors must not start the process again as it is.
  public static let exitStatus: Int32 = 78
}
