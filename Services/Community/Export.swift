import Contracts
import Wire

extension Forum {
  /// Part by part; a cursor is the part's letter and the last id that was given of it.
  public func exportUser(
    _ request: ExportUserRequest, _ context: CallContext
  ) async throws -> ExportUserReply {
    var parts = ExportStore.Part.allCases[...]
    var last: String?
    if let cursor = request.cursor, let letter = cursor.first {
      parts = parts.drop { $0.rawValue != letter }
      last = cursor.count > 1 ? String(cursor.dropFirst()) : nil
    }
    let bytesMax = min(Int(request.bytesMax ?? 1 << 20), 1 << 20)
    var bytes = 0
    var items: [ExportItem] = []
    while let part = parts.first {
      let rows = try await stores.exports.rows(of: request.userID, part, above: last)
      for row in rows {
        items.append(ExportItem(kind: part.kind, data: row.data))
        bytes += row.data.utf8.count
        last = row.id
        if bytes >= bytesMax {
          return ExportUserReply(items: items, nextCursor: "\(part.rawValue)\(row.id)")
        }
      }
      if rows.count < ExportStore.rowsMax {
        parts.removeFirst()
        last = nil
      }
    }
    return ExportUserReply(items: items)
  }
}
