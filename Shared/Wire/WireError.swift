/// Why bytes are no message, or a message has no bytes.
public nonisolated enum WireError: Error, Hashable, Sendable {
  /// The bytes break protobuf's format, or would take more memory than they may.
  case malformed
  /// A string is not UTF-8.
  case notUTF8
  /// Messages lie deeper in each other than the contract allows.
  case tooDeep
  /// The arena's limit is reached.
  case outOfMemory
}
