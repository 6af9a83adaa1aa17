import Wire

/// Where a page of one of several lists ended.
nonisolated struct ListCursor: Hashable, Sendable {
  /// Which list the cursor belongs to: that of another one is refused.
  var list: Character
  /// Milliseconds since the epoch: when the first page was asked for, where the list needs to know.
  var startedAt: Int64 = 0
  /// By what the list is sorted.
  var end: PageCursor

  /// Opaque to clients.
  var text: String { "\(list)\(String(startedAt, radix: 36))_\(end.text)" }
}

nonisolated extension ListCursor {
  /// Reads what `text` wrote; nil for anything else.
  init?(parsing text: String, of list: Character) {
    let parts = text.split(separator: "_", maxSplits: 1)
    guard text.first == list, parts.count == 2,
      let startedAt = Int64(parts[0].dropFirst(), radix: 36), Timestamp.range.contains(startedAt),
      let end = PageCursor(parsing: parts[1])
    else { return nil }
    self.init(list: list, startedAt: startedAt, end: end)
  }
}
