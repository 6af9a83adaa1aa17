import Wire

/// Which part of a list is asked for.
struct PageRequest {
  let limit: Int
  /// Where the page before ended.
  let cursor: PageCursor?

  static let limitDefault: Int32 = 20

  init(limit: Int32?, cursor text: String?) throws {
    self.limit = Int(limit ?? Self.limitDefault)
    cursor = try PageCursor.read(text)
  }

  /// One more than asked for tells whether there is a next page.
  var fetched: Int32 { Int32(limit + 1) }

  /// The page, and the cursor of the next one, of what was fetched.
  func cut<Item>(_ items: [Item], _ key: (Item) -> PageCursor) -> (items: [Item], next: String?) {
    guard items.count > limit else { return (items, nil) }
    let page = Array(items.prefix(limit))
    return (page, page.last.map { key($0).text })
  }
}
