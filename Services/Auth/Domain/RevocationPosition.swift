/// Where a reader of revocations stands.
///
/// Revocations are ordered by the transaction that wrote them, and transactions do not commit in that
/// order: what is read past a row may be written before it. So a reader goes through the list in
/// passes. A pass begins at the horizon that the last one saw on its first page: the oldest transaction
/// that was still under way. All before it had committed and were read; what lies after it is read
/// once more, which changes nothing.
nonisolated struct RevocationPosition: Hashable {
  static let pageMax = 1000
  /// Below every id.
  static let firstID = "00000000-0000-0000-0000-000000000000"

  /// Where the next pass begins.
  var floor: Int64
  /// The last row of this pass; nil between passes.
  var last: Row?

  struct Row: Hashable {
    var transaction: Int64
    var sessionID: String
  }

  static let start = RevocationPosition(floor: 0, last: nil)

  /// The rows to read lie behind this one.
  var bound: Row { last ?? Row(transaction: floor, sessionID: Self.firstID) }

  /// Where the reader stands after a page.
  /// - Parameters:
  ///   - horizon: the oldest transaction that was under way when the page was read.
  ///   - lastRow: the page's last row, where there are more behind it.
  func next(horizon: Int64, lastRow: Row?) -> RevocationPosition {
    // Within a pass the first page's horizon counts: rows behind the reader may be newer than that.
    RevocationPosition(floor: last == nil ? horizon : floor, last: lastRow)
  }
}
