/// Where a page of a timeline ended: the sort key of its last entry.
nonisolated struct TimelineCursor: Hashable, Sendable {
  /// Milliseconds since the epoch.
  var at: Int64
  /// Of what the entry is about.
  var id: String

  init(at: Int64, id: String) {
    self.at = at
    self.id = id
  }

  /// Reads what `text` wrote; nil for anything else.
  init?(parsing text: String) {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, let at = Int64(parts[0], radix: 36), at.magnitude < 1 << 50,
      Self.isUUID(parts[1])
    else { return nil }
    self.init(at: at, id: String(parts[1]))
  }

  /// Opaque to clients.
  var text: String { "\(String(at, radix: 36))_\(id)" }

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
