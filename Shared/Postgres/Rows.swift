import CPostgres

/// A statement's answer: its rows, or how many it changed. Cells are read where libpq put them.
public struct Rows {
  /// Owns the PGresult; freed with the last row that refers to it.
  final class Storage {
    nonisolated(unsafe) let result: OpaquePointer
    let columnCount: Int32
    /// The column after the one found last: rows are mostly read in the order of their columns.
    private var likelyColumn: Int32 = 0

    init(_ result: OpaquePointer) {
      self.result = result
      columnCount = PQnfields(result)
    }

    deinit { PQclear(result) }

    func column(_ name: StaticString) -> Int32 {
      for step in 0..<columnCount {
        var candidate = likelyColumn + step
        if candidate >= columnCount { candidate -= columnCount }
        if Self.equal(PQfname(result, candidate), name) {
          likelyColumn = candidate + 1 == columnCount ? 0 : candidate + 1
          return candidate
        }
      }
      fatalError("the query has no column \(name)")
    }

    private static func equal(_ text: UnsafePointer<CChar>, _ name: StaticString) -> Bool {
      let count = name.utf8CodeUnitCount
      let characters = name.utf8Start
      for position in 0..<count
      where UInt8(bitPattern: text[position]) != characters[position] {
        return false
      }
      return text[count] == 0
    }
  }

  let storage: Storage
  public let count: Int

  init(_ result: OpaquePointer) {
    storage = Storage(result)
    count = Int(PQntuples(result))
  }

  /// How many rows an INSERT, UPDATE or DELETE touched (a SELECT: gave).
  public var affectedRows: Int {
    guard let text = PQcmdTuples(storage.result) else { return 0 }
    var number = 0
    var position = 0
    while text[position] != 0 {
      number = number * 10 + Int(text[position] - 48)
      position += 1
    }
    return number
  }

  /// `COMMIT`, `INSERT 0 1`.
  var commandTag: String { String(cString: PQcmdStatus(storage.result)) }
}

extension Rows: @MainActor RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { count }
  public subscript(position: Int) -> Row {
    precondition(position >= 0 && position < count)
    return Row(storage: storage, index: Int32(position))
  }
}
