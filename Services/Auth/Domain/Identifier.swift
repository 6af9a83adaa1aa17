import Security

/// Whether a text is an id: what comes in is checked before a query sees it.
nonisolated enum Identifier {
  static func isValid(_ text: String) -> Bool { UUIDv7(text) != nil }
}
