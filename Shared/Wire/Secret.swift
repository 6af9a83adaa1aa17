/// A text that must never be seen: no description, no interpolation, no mirror shows it. Only
/// `reveal()` does, and that is easy to search for.
public nonisolated struct Secret: Sendable, Hashable {
  private let text: String

  public init(_ text: String) { self.text = text }

  /// The text itself: for the one call that needs it, never for a log, an error or a message.
  public func reveal() -> String { text }

  /// In bytes of UTF-8.
  public var byteCount: Int { text.utf8.count }

  public var isEmpty: Bool { text.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public nonisolated var description: String { "<secret>" }
  public nonisolated var debugDescription: String { "<secret>" }
  public nonisolated var customMirror: Mirror { Mirror(self, children: []) }
}
