/// Where a page of a list ended: the sort key of its last item, mostly a time in milliseconds, and
/// its id, which decides between equal keys.
///
/// Pages go on strictly behind that, so that nothing is skipped or repeated while items are added.
public nonisolated struct PageCursor: Hashable, Sendable {
  /// Within `Timestamp.range`, so that a database takes it as a time too.
  public var key: Int64
  public var id: String

  public init(key: Int64, id: String) {
    self.key = key
    self.id = id
  }

  /// Opaque to clients.
  public var text: String { "\(String(key, radix: 36))_\(id)" }

  /// Reads what `text` wrote; nil for anything else.
  public init?(parsing text: some StringProtocol) {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, let key = Int64(parts[0], radix: 36), Timestamp.range.contains(key)
    else { return nil }
    self.init(key: key, id: String(parts[1]))
    guard text == self.text, Self.isID(id) else { return nil }
  }

  /// The cursor of a request; nil where it has none.
  ///
  /// - Throws: `RPCError` `invalidArgument` for what no list has answered.
  public static func read(_ text: String?) throws(RPCError) -> PageCursor? {
    guard let text else { return nil }
    guard let cursor = PageCursor(parsing: text) else { throw .badCursor }
    return cursor
  }

  /// A UUID in lower case, as the services write theirs.
  private static func isID(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      FieldFormat.uuid.accepts(UnsafeRawBufferPointer(bytes))
        && !bytes.contains { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }
    }
  }
}
