import Security

/// Where a page of conversations ended: the sort key of its last one. Pages go on strictly below it.
nonisolated struct PageCursor: Hashable, Sendable {
  /// Milliseconds since the epoch.
  var lastMessageAt: Int64
  var id: String

  init(lastMessageAt: Int64, id: String) {
    self.lastMessageAt = lastMessageAt
    self.id = id
  }

  /// Reads what `text` wrote; nil for anything else.
  init?(parsing text: String) {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, let instant = Int64(parts[0], radix: 36), instant.magnitude < 1 << 50,
      let id = UUIDv7(String(parts[1]))
    else { return nil }
    self.init(lastMessageAt: instant, id: id.text)
  }

  /// Opaque to clients.
  var text: String { "\(String(lastMessageAt, radix: 36))_\(id)" }
}
