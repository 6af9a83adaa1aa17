/// Where a page ended: the sort key of its last item.
///
/// Pages go on strictly behind that key, so that nothing is skipped or repeated while items are
/// added.
nonisolated struct PageCursor: Hashable, Sendable {
  /// Which list the cursor belongs to: that of another one is refused.
  var list: Character
  /// What the list is sorted by.
  var key: Int64
  /// Decides between equal keys.
  var id: String
  /// Milliseconds since the epoch: when the first page was asked for, where the list needs to know.
  var startedAt: Int64 = 0

  /// Opaque to clients.
  var text: String {
    "\(list)\(String(key, radix: 36))_\(String(startedAt, radix: 36))_\(id)"
  }
}

nonisolated extension PageCursor {
  /// Reads what `text` wrote; nil for anything else.
  init?(parsing text: String, of list: Character) {
    guard text.first == list else { return nil }
    let parts = text.dropFirst().split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, let key = Int64(parts[0], radix: 36), key.magnitude < 1 << 53,
      let startedAt = Int64(parts[1], radix: 36), (0..<1 << 50).contains(startedAt),
      Self.isUUID(parts[2])
    else { return nil }
    self.init(list: list, key: key, id: String(parts[2]), startedAt: startedAt)
  }

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
