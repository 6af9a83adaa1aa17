/// Where a page of sessions ended: the sort key of its last one.
///
/// Pages go on strictly below that key, so that nothing is skipped or repeated while sessions are
/// added.
nonisolated struct PageCursor: Hashable, Sendable {
  /// Milliseconds since the epoch.
  var end: Int64
  var id: String

  init(end: Int64, id: String) {
    self.end = end
    self.id = id
  }

  /// Reads what `text` wrote; nil for anything else.
  init?(parsing text: String) {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, let end = Int64(parts[0], radix: 36), end.magnitude < 1 << 50,
      Self.isUUID(parts[1])
    else { return nil }
    self.init(end: end, id: String(parts[1]))
  }

  /// Opaque to clients.
  var text: String { "\(String(end, radix: 36))_\(id)" }

  private static func isUUID(_ text: Substring) -> Bool {
    guard text.utf8.count == 36 else { return false }
    return text.utf8.enumerated().allSatisfy { index, byte in
      switch index {
      case 8, 13, 18, 23: byte == UInt8(ascii: "-")
      default: (48...57).contains(byte) || (97...102).contains(byte)
      }
    }
  }
}
